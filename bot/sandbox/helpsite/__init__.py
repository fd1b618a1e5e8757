"""A sample help site with the widget on it, and the reverse proxy that a real one would have."""

from bot.sandbox.helpsite.site import HelpSite

__all__ = ["HelpSite"]
