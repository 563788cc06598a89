"""Use camera, recorder, film and upload as they come, and print where pixels met the disk.

Run in a process of its own, in an empty folder that is home, temporary folder and working folder at once.
What is about to be removed is looked at too.
"""

import io
import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np

MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"RIFF", b"II*\x00", b"MM\x00*")
PLACE = Path.cwd().resolve()


class Witness:
    """Remembers each file below the folder that held pixels, at the moment of its removal or at the end."""

    def __init__(self):
        self.seen: set[str] = set()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple) -> None:
        if event == "os.remove":
            name, folder = arguments
            self.look(Path(os.readlink(f"/proc/self/fd/{folder}") if folder not in (-1, None) else "", name))

    def look(self, path: Path) -> None:
        path = path.absolute()
        if path.is_relative_to(PLACE) and path.is_file() and holds_pixels(path.read_bytes()):
            self.seen.add(str(path.relative_to(PLACE)))


def holds_pixels(content: bytes) -> bool:
    """Tell a picture or film by its first bytes, and arrays by whether one has a picture's numbers."""
    if content.startswith(MAGIC) or content[4:8] == b"ftyp" or content[:4] == b"\x1a\x45\xdf\xa3":
        return True
    if not content.startswith(b"PK\x03\x04"):
        return len(content) > 100_000 and b"\x00" in content  # nothing that is kept as text has so much
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if not all(name.endswith(".npy") for name in archive.namelist()):
            return True
        arrays = [np.load(io.BytesIO(archive.read(name))) for name in archive.namelist()]
    return any(array.dtype.kind in "ui" and array.size > 1000 for array in arrays)


class Page:
    """One browser tab before the camera."""

    def __init__(self, camera):
        self.camera, self.number = camera, 0
        camera.send = lambda message, buffers=None: None
        self.tell("hello")

    def tell(self, kind: str, buffers=(), **more) -> None:
        self.camera._handle_custom_msg({"kind": kind, "client": "one", **more}, list(buffers))

    def frame(self, jpeg: bytes) -> None:
        self.number += 1
        self.tell("frame", [memoryview(jpeg)], number=self.number, seconds=self.number / 20)


def use_camera(frames: list[bytes]) -> int:
    from ballet_lib.live import Recogniser
    from ballet_lib.webcam import Webcam

    camera = Webcam(Recogniser())
    page = Page(camera)
    page.tell("begin", **{"from": "camera"})
    for jpeg in frames:
        page.frame(jpeg)
    seen = camera.reading.person
    camera.close()
    return int(seen)


def use_recorder(frames: list[bytes]) -> int:
    from ballet_lib.recording import Recorder
    from ballet_lib.recording.recorder import REVIEW
    from ballet_lib.takes import TakeSet
    from ballet_lib.webcam import Webcam

    camera = Webcam()
    page = Page(camera)
    tool = Recorder("takes", "anna", camera, takes=1, count_in=0)
    tool.buttons["record"].click()
    page.tell("begin", **{"from": "camera"})
    for jpeg in frames:
        page.frame(jpeg)
        if tool.recorder.state == REVIEW:
            tool.buttons["keep"].click()
            break
    tool.close()
    camera.close()
    return len(TakeSet.load("takes"))


def use_film(film: Path) -> int:
    from ballet_lib.recognition import recognise

    return len(recognise(film).poses)


def use_app(film: Path) -> int:
    from ballet_lib.app.film_job import FilmJob
    from ballet_lib.app.pages import LIMIT

    content = film.read_bytes()
    job = FilmJob("mine.mp4", len(content), LIMIT)
    for at in range(0, len(content), 1 << 16):
        job.receive(at, content[at : at + (1 << 16)])
    return len(job.run(lambda *_: None).film)


def main() -> None:
    film, jpegs = Path(sys.argv[1]), sys.argv[2]
    with np.load(jpegs) as packed:
        frames = [packed[name].tobytes() for name in packed.files]
    told = {}
    for name, use in (("camera", lambda: use_camera(frames)), ("recorder", lambda: use_recorder(frames)),
                      ("film", lambda: use_film(film)), ("app", lambda: use_app(film))):  # fmt: skip
        witness = Witness()
        done = use()
        for path in PLACE.rglob("*"):
            witness.look(path)
        told[name] = {"done": done, "pixels": sorted(witness.seen)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
