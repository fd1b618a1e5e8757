"""WebSocket frames by hand, good and bad, as bytes."""

from __future__ import annotations

import json
import os
import random
import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise

from tests.faults.hostile_json import HostileJson

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
_SOME = 1_000


def frame(
    payload: bytes,
    opcode: int = TEXT,
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    length: int | None = None,
    wide: bool = False,
) -> bytes:
    """One frame of a client; ``length`` is what it says it is, ``wide`` in more bytes than need be."""
    said = len(payload) if length is None else length
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    mark = 0x80 if masked else 0
    if said < 126 and not wide:
        size = bytes([mark | said])
    elif said < 1 << 16 and not wide:
        size = bytes([mark | 126]) + struct.pack("!H", said)
    else:
        size = bytes([mark | 127]) + struct.pack("!Q", said)
    if not masked:
        return bytes([first]) + size + payload
    mask = os.urandom(4)
    key = int.from_bytes((mask * (len(payload) // 4 + 1))[: len(payload)], "big")
    hidden = (int.from_bytes(payload, "big") ^ key).to_bytes(len(payload), "big")
    return bytes([first]) + size + mask + hidden


@dataclass(frozen=True)
class Attack:
    """Bytes for a socket; ``hangs``: the service is right to wait for the rest of them."""

    name: str
    data: bytes
    greeted: bool = True  # whether a good hello goes before
    hangs: bool = False


class HostileFrames:
    """Draws attacks on one visitor's socket."""

    def __init__(self, draw: random.Random, json_: HostileJson) -> None:
        self._draw, self._json = draw, json_

    def next(self) -> Attack:
        """Another one."""
        draw = self._draw
        if draw.random() < 0.6:
            text = self._json.text().encode("utf-8", "surrogatepass")
            return Attack("json", frame(text), draw.random() < 0.7)
        name = draw.choice(
            ("flipped", "bytes", "pieces", "control", "header", "bits", "length", "packed", "order")
        )
        made: Attack = getattr(self, f"_{name}")(name)
        return made

    def _good(self) -> bytes:
        return json.dumps(self._json.frame()).encode()

    def _flip(self, data: bytes) -> bytes:
        spoilt = bytearray(data)
        for _ in range(self._draw.choice((1, 1, 2, 8))):
            spoilt[self._draw.randrange(len(spoilt))] ^= 1 << self._draw.randrange(8)
        return bytes(spoilt)

    def _flipped(self, name: str) -> Attack:
        return Attack(name, frame(self._flip(self._good())))

    def _bytes(self, name: str) -> Attack:
        opcode = self._draw.choice((TEXT, BINARY))
        return Attack(name, frame(self._draw.randbytes(self._draw.randrange(_SOME)), opcode))

    def _pieces(self, name: str) -> Attack:
        """A message in pieces: in good order, out of it, with others in between, without an end."""
        draw, good = self._draw, self._good()
        cuts = sorted(draw.randrange(len(good) + 1) for _ in range(draw.randrange(1, 6)))
        ends = [0, *cuts, len(good)]
        parts = [good[a:b] for a, b in pairwise(ends)]
        frames = [
            frame(part, CONTINUATION if n else TEXT, fin=n == len(parts) - 1)
            for n, part in enumerate(parts)
        ]
        if draw.random() < 0.6:
            at = draw.randrange(len(frames) + 1)
            frames.insert(at, frame(b"x", draw.choice((TEXT, PING, CONTINUATION, BINARY))))
        if draw.random() < 0.3:
            draw.shuffle(frames)
        return Attack(name, b"".join(frames))

    def _control(self, name: str) -> Attack:
        """Pings, pongs and closes that are too long, in pieces, or say what may not be said."""
        draw = self._draw
        opcode = draw.choice((CLOSE, PING, PONG))
        size = draw.choice((0, 1, 2, 5, 125, 126, 5_000))
        payload = draw.randbytes(size)
        if opcode == CLOSE and size > 1:
            code = draw.choice((0, 999, 1000, 1005, 1006, 1015, 4400, 65535))
            payload = struct.pack("!H", code) + payload[2:]
        return Attack(name, frame(payload, opcode, fin=draw.random() < 0.8))

    def _header(self, name: str) -> Attack:
        """Reserved bits and kinds, no mask, a length written too wide."""
        draw = self._draw
        return Attack(
            name,
            frame(
                self._good(),
                draw.randrange(16),
                rsv=draw.choice((0, 1, 2, 4, 7)),
                masked=draw.random() < 0.7,
                wide=draw.random() < 0.3,
            ),
        )

    def _bits(self, name: str) -> Attack:
        """A whole frame, header and all, with bits turned over."""
        return Attack(name, self._flip(frame(self._good())), hangs=True)

    def _length(self, name: str) -> Attack:
        """It says that more will come than ever does, or than may."""
        said = self._draw.choice((1_000, 1 << 16, 1 << 24, 1 << 31, 1 << 63, (1 << 64) - 1))
        return Attack(name, frame(self._good(), length=said, wide=True), hangs=True)

    def _packed(self, name: str) -> Attack:
        """Compressed, although nothing of the kind was agreed; sometimes a bomb."""
        good = b" " * 3_000_000 if self._draw.random() < 0.2 else self._good()
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(good) + packer.flush(zlib.Z_SYNC_FLUSH)
        return Attack(name, frame(packed[:60_000], rsv=4))

    def _order(self, name: str) -> Attack:
        """Good frames in no good order; the first may be no hello."""
        draw = self._draw
        frames = [self._good() for _ in range(draw.randrange(2, 6))]
        frames += [json.dumps(self._json.hello()).encode()] * draw.randrange(3)
        draw.shuffle(frames)
        return Attack(name, b"".join(frame(one) for one in frames), draw.random() < 0.5)
