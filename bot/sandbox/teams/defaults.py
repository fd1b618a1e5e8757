"""The world that a fresh stand-in has: a tenant, two teams, three chats and five people."""

from __future__ import annotations

from bot.sandbox.teams.ids import guid
from bot.sandbox.teams.world import World

FOREIGN_TENANT = guid("tenant/elsewhere")


def populate(world: World) -> None:
    """People: grace and alan (COs), mallory (colleague outside the teams), guy (guest), eve (another tenant).

    Team "Computing Support" has consented to the bot reading everything (RSC), team "Front Desk" has not.
    """
    grace = world.add_person("grace", "Grace Hopper")
    alan = world.add_person("alan", "Alan Turing")
    mallory = world.add_person("mallory", "Mallory Stranger")
    guy = world.add_person(
        "guy",
        "Guy Guest",
        role="guest",
        mail="guy@example.org",
        upn="guy_example.org#EXT#@example.ac.uk",
    )
    eve = world.add_person("eve", "Eve Elsewhere", tenant_id=FOREIGN_TENANT, mail="eve@example.net")
    support = world.add_team("Computing Support", [grace, alan, guy], consent=True)
    world.add_channel(support, "Live chat")
    world.add_channel(support, "Second line")
    desk = world.add_team("Front Desk", [grace, alan], consent=False)
    world.add_channel(desk, "Questions")
    world.add_group_chat("On duty today", [grace, alan])
    world.add_group_chat("Printer project", [grace, mallory, eve])
