"""The visitors' side: the widget's HTTP API and WebSocket on aiohttp."""
