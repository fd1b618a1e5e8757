"""``python -m bot`` is ``livechat``."""

from bot.cli import main

main()
