"""The operators' side in Microsoft Teams; the only place that knows botbuilder and msal."""

from bot.teams.credentials import Certificate, Secret
from bot.teams.room import TeamConfig, TeamsRoom

__all__ = ["Certificate", "Secret", "TeamConfig", "TeamsRoom"]
