"""JSON documents on a stream, each after its length. Not pickle: what sends them is not trusted."""

import json
import struct
from typing import BinaryIO


def read_packet(stream: BinaryIO) -> dict:
    """Read one JSON document after its length in four bytes; raise EOFError at the end."""
    size = struct.unpack("<I", _exactly(stream, 4))[0]
    return json.loads(_exactly(stream, size))


def packet(document: dict) -> bytes:
    """Write a JSON document as `read_packet` reads it."""
    body = json.dumps(document).encode()
    return struct.pack("<I", len(body)) + body


def _exactly(stream: BinaryIO, size: int) -> bytes:
    parts = []
    while size:
        part = stream.read(size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
