"""What may become of a file on its way: hypothesis draws the damage, and shrinks it."""

import copy
import io
import json
import struct
import zipfile

from hypothesis import strategies as st

NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 10**6, 10**9)
"""Sizes that a header may claim."""

ODD = (
    None, True, False, 0, -1, 1, 2, 10**9, 2**63, 10**400, 1e308, -1e-308, float("nan"), float("inf"), "",
    "x", "../x", "/etc/passwd", "CON", "é" * 70, "\x00", "\ud800", "=1+1", "<b>", "1", "nan", [], {}, [[]],
    [None], ["x"], {"x": 1}, [[[0]]], [0] * 100, "9" * 5000,
)  # fmt: skip
"""Values that a JSON document may hold where another kind is expected."""

CELLS = ("", '"', "a,b", "\x00", "x" * 200_000, "../x", "=cmd()", "nan", "inf", "-1", "1e400", "9" * 5000,
         "{", "[[[[", '{"first_frame": NaN}', '{"timeline": 3}', "é", "\r\n", ",,,,,,", ";;;;")  # fmt: skip
"""What may stand in a cell of a table."""


def _place(draw: st.DrawFn, content: bytearray) -> int:
    return draw(st.integers(0, max(0, len(content) - 1)))


def _flip(draw: st.DrawFn, content: bytearray) -> None:
    if content:
        content[_place(draw, content)] ^= 1 << draw(st.integers(0, 7))


def _claim(draw: st.DrawFn, content: bytearray) -> None:
    at, order = _place(draw, content), draw(st.sampled_from("<>"))
    content[at : at + 4] = struct.pack(f"{order}I", draw(st.sampled_from(NUMBERS)))


def _cut(draw: st.DrawFn, content: bytearray) -> None:
    del content[_place(draw, content) :]


def _splice(draw: st.DrawFn, content: bytearray) -> None:
    start, at = _place(draw, content), _place(draw, content)
    content[at:at] = content[start : start + draw(st.integers(1, 4096))]


def _remove(draw: st.DrawFn, content: bytearray) -> None:
    start = _place(draw, content)
    del content[start : start + draw(st.integers(1, 64))]


def _insert(draw: st.DrawFn, content: bytearray) -> None:
    at = _place(draw, content)
    content[at:at] = draw(st.binary(min_size=1, max_size=16))


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Bytes that went through one to five accidents."""
    changed = bytearray(content)
    for damage in draw(
        st.lists(
            st.sampled_from([_flip, _flip, _claim, _cut, _splice, _remove, _insert]), min_size=1, max_size=5
        )
    ):
        damage(draw, changed)
    return bytes(changed)


@st.composite
def other_json(draw: st.DrawFn, content: bytes) -> bytes:
    """A JSON document with one to four values of another kind, or missing; now and then damaged text."""
    if draw(st.integers(0, 7)) == 0:
        return draw(damaged(content))
    document = {"": json.loads(content)}
    for _ in range(draw(st.integers(1, 4))):
        holder, key = draw(st.sampled_from(_places(document)))
        if draw(st.integers(0, 4)) == 0 and holder is not document:
            holder.pop(key, None) if isinstance(holder, dict) else holder.clear()
        elif isinstance(holder, dict) or key < len(holder):
            holder[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return json.dumps(document[""]).encode()


def _places(document: dict) -> list[tuple]:
    """Every value of a document by what holds it and its key; of a long list, the first three."""
    found, waiting = [], [document]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(min(3, len(holder)))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found


@st.composite
def other_table(draw: st.DrawFn, content: bytes) -> bytes:
    """A table with other cells, more columns, lines twice or in another order; now and then damaged text."""
    if draw(st.integers(0, 4)) == 0:
        return draw(damaged(content))
    lines = [line.split(",") for line in content.decode().splitlines()]
    for _ in range(draw(st.integers(1, 4))):
        line = draw(st.sampled_from(lines))
        kind = draw(st.sampled_from(["cell", "more", "twice", "less"]))
        if kind == "cell":
            line[draw(st.integers(0, len(line) - 1))] = draw(st.sampled_from(CELLS))
        elif kind == "more":
            cell = draw(st.sampled_from(CELLS))
            line += [cell] * draw(st.sampled_from([1, 5, 100_000 if len(cell) < 10 else 10]))
        elif kind == "twice":
            lines.append(list(line))
        elif len(line) > 1:
            line.pop(draw(st.integers(0, len(line) - 1)))
    return "\n".join(",".join(line) for line in lines).encode("utf-8", "surrogatepass")


@st.composite
def other_zip(draw: st.DrawFn, content: bytes) -> bytes:
    """An archive with a damaged, renamed, doubled, missing or linked member, or damaged as a whole."""
    if draw(st.booleans()):
        return draw(damaged(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(one, archive.read(one)) for one in archive.infolist()]
        comment = archive.comment
    at = draw(st.integers(0, len(members) - 1))
    member, inside = members[at]
    kind = draw(st.sampled_from(["damaged", "claims", "renamed", "twice", "missing", "link", "comment"]))
    if kind == "damaged":
        members[at] = member, draw(damaged(inside))
    elif kind == "claims":
        members[at] = member, draw(_header_that_lies(inside))
    elif kind == "renamed":
        member.filename = draw(
            st.sampled_from(["../x", "/x", "C:\\x", "a/../../x", "x" * 5000, "", "é", "x.npy"])
        )
    elif kind == "twice":
        members.append(members[at])
    elif kind == "missing":
        del members[at]
    elif kind == "link":
        member.external_attr = 0o120777 << 16
        members[at] = member, b"/etc/passwd"
    else:
        comment = draw(st.binary(max_size=60))
    return zipped(members, comment)


@st.composite
def _header_that_lies(draw: st.DrawFn, content: bytes) -> bytes:
    """A ``.npy`` that claims another shape or kind of number; other content is damaged."""
    if not content.startswith(b"\x93NUMPY"):
        return draw(damaged(content))
    descr = draw(st.sampled_from(["<f4", "<f8", "|u1", "|O", "<i8", "<U5", "|V9", "|b1", "<c16", ">f4"]))
    shape = draw(
        st.sampled_from(
            [
                "()",
                "(0,)",
                "(1,)",
                "(-1,)",
                "(10**9,)",
                "(1000000000000,)",
                "(3, 33, 4)",
                "(" + "1, " * 70 + ")",
            ]
        )
    )
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    body = content[10 + struct.unpack("<H", content[8:10])[0] :]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


def zipped(members: list, comment: bytes = b"") -> bytes:
    """An archive of (member, content), whatever the members are called."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for member, inside in members:
            archive.writestr(member, inside)
        archive.comment = comment
    return packed.getvalue()
