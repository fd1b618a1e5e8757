"""How long a visitor's connection is waited for, and how much of it: times and sizes in one place."""

from __future__ import annotations

from dataclasses import dataclass

from bot.visitors.allowance import Rate

FRAMES = Rate(per_minute=600, burst=120)  # of any kind, on one socket; beyond it we read slower


@dataclass(frozen=True, slots=True)
class Pace:
    """Times (seconds) and sizes of sockets.

    A connection that died without a word is noticed after ``heartbeat`` + ``pong`` + ``sweep``.
    """

    hello: float = 10.0
    silence: float = 180.0  # a browser lets a hidden tab's timers run once a minute
    send: float = 10.0  # a peer that takes nothing for so long is cut
    goodbye: float = 2.0
    heartbeat: float = 10.0  # we ask a peer that was silent for so long
    pong: float = 4.0  # and give it so long to answer
    sweep: float = 1.0  # how often we look after all of this
    doubt: float = 300.0  # a seat that ended elsewhere is good no longer than this
    recheck: float = 60.0  # how late we are, at worst, if a ring is lost
    line: float = 3.0  # how often we look how those stand who wait for an answer, while any does
    page: int = 100  # lines of the log read at a time
    waiting_frames: int = 256
    waiting_bytes: int = 512 * 1024
    waiting_acts: int = 64
    frames: Rate = FRAMES
    grace: float = 30.0  # a visitor without a window is not gone before
    poll: float = 20.0  # without a WebSocket: how long an answer waits for something to say
    linger: float = 15.0  # and how long a window may ask nothing between two answers
