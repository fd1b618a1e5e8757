"""A real RT that does not show us its comments (no ShowTicketComments): by REST 1.0 ours are found."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rt.gateway import way_into
from tests.contract.rts import LONDON, at_real_rt
from tests.rigs.rt.fixture import ready
from tests.rigs.rt.rig import Rig, running


@pytest.fixture(params=["5", "4"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    ready(request.param)
    rights = tmp_path / "rights"
    rights.write_text(
        "@ACL = map { { UserId => 'weak', Queue => 'Teaching', Right => $_ } }"
        " qw(SeeQueue ShowTicket CommentOnTicket); 1;"
    )
    with running(rt=request.param) as rig, rig.acting_as("weak"):
        rig.insert(rights)
        yield rig


def test_a_record_is_found_by_its_file_and_by_who_wrote_it(rig: Rig) -> None:
    """RT searches for whoever sees a ticket by all that is attached to it."""
    place = at_real_rt(rig, "rest1", 0)
    way = way_into(place.instance, LONDON)
    asked, others = place.dossier("teaching"), place.dossier("teaching")
    place.comment_by_grace(others)
    assert way.find(asked) is None
    receipt = way.file(asked)
    assert (receipt.proven, receipt.taken) == (False, True)
    assert way.find(asked) == receipt
    assert way.find(others) is None
    way.close()
    place.gateway.close()
