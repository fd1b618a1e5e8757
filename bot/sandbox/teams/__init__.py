"""A stand-in for Microsoft Teams, Entra login and Bot Framework's OpenID metadata.

For demos, trials and tests on one machine; never for production. ``server.TeamsStandIn`` is the way in,
``python -m bot.sandbox.teams`` runs it as a process of its own. It knows nothing of the other rooms: whatever
speaks to it must speak Teams.
"""

from bot.sandbox.teams.faults import Fault
from bot.sandbox.teams.people import Player, Pressed
from bot.sandbox.teams.server import TeamsStandIn
from bot.sandbox.teams.storm import Storm
from bot.sandbox.teams.world import Conversation, Person, Post, Team, World

__all__ = [
    "Conversation",
    "Fault",
    "Person",
    "Player",
    "Post",
    "Pressed",
    "Storm",
    "Team",
    "TeamsStandIn",
    "World",
]
