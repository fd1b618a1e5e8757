"""Why a socket ends, and what the log says of it."""

from structlog.testing import capture_logs

from bot.relay.outcomes import NotDone
from bot.visitors.farewell import farewell_for
from bot.visitors.wire import Close


def test_a_database_that_is_away_is_no_fault_of_ours_and_the_widget_comes_back() -> None:
    with capture_logs() as lines:
        farewell = farewell_for(NotDone("The database does not answer."), "chat-1")
    assert farewell.code is Close.TRY_LATER
    assert [(line["event"], line["log_level"]) for line in lines] == [("socket_put_off", "warning")]


def test_whatever_nobody_reckoned_with_is_an_error() -> None:
    with capture_logs() as lines:
        assert farewell_for(KeyError("x"), "chat-1").code is Close.TRY_LATER
    assert [line["log_level"] for line in lines] == ["error"]
