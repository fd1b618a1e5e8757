"""An earlier card of a chat is told to be one, however Teams takes that."""

import pytest

from bot.relay.outcomes import OutsideError, Refused, Unclear
from tests.relay.house import House


@pytest.mark.parametrize(
    ("trouble", "retired"), [(Unclear("502"), ["card-1"]), (Refused("Not allowed."), [])]
)
async def test_it_is_tried_again_only_if_teams_did_not_say_what_came_of_it(
    house: House, trouble: OutsideError, retired: list[str]
) -> None:
    await house.talking()
    await house.writes("show card")
    await house.deliver("card")
    house.threads.faults.before += [trouble] * 2
    for _ in range(4):
        await house.deliver("retire")
        house.clock.pass_(minutes=1)
    assert house.threads.retired == retired
