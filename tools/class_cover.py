"""The cover page of a class's repository: what it is, how to start, and where each lesson opens."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from ballet_lib.errors import BalletError

FIRST = "notebooks/00_start_here.ipynb"
BINDER_BADGE = "https://mybinder.org/badge_logo.svg"
COLAB_BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
LESSON = re.compile(r"^\| \[(.+)\]\(notebooks/(\w+)\.ipynb\) \| (.+) \|$", re.MULTILINE)
"""A row of the README's course map: title, file, and the other cells: what is learnt, minutes, and more."""
LONGEST = 200  # characters of a title, a name or dates


@dataclass(frozen=True)
class Repository:
    """Where the teacher will push the class: its address, host, path and branch."""

    url: str
    host: str
    path: str
    branch: str

    @classmethod
    def parse(cls, url: str, branch: str = "main") -> "Repository":
        """Read an address such as ``https://github.com/NAME/REPO``.

        Raises
        ------
        BalletError
            If it is no https address of a repository, or the branch has characters that a link cannot hold.
        """
        advice = "Give it as https://HOST/NAME/REPO."
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise BalletError(f"{url!r} is no address. {advice}") from None
        if parts.scheme != "https" or re.search(r"[^!-~]", url):
            raise BalletError(f"{url!r} is no https address. {advice}")
        if parts.username or parts.password:
            raise BalletError("The address holds a name or a password before the @. Leave that out.")
        if (
            not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", parts.hostname or "")
            or parts.query
            or parts.fragment
        ):
            raise BalletError(f"{url!r} names no host, or more than a repository. {advice}")
        path = parts.path.strip("/").removesuffix(".git")
        names = path.split("/")
        if len(names) < 2 or not all(re.fullmatch(r"[\w~-][\w.~-]*", name, re.ASCII) for name in names):
            raise BalletError(f"{url!r} names no repository. {advice}")
        if not re.fullmatch(r"\w[\w./-]*", branch, re.ASCII) or ".." in branch:
            raise BalletError(f"{branch!r} is no name of a branch. Give one such as main.")
        host = parts.hostname + (f":{port}" if port else "")
        return cls(f"https://{host}/{path}", host, path, branch)

    @property
    def name(self) -> str:
        """The last part of the path, which is the folder that a clone makes."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def binder(self) -> str:
        """The address at which Binder builds the repository and opens the first lesson."""
        if self.host == "github.com":
            where = f"gh/{self.path}"
        elif self.host == "gitlab.com":
            where = f"gl/{quote(self.path, safe='')}"
        else:
            where = f"git/{quote(self.url, safe='')}"
        branch = quote(self.branch, safe="")
        return f"https://mybinder.org/v2/{where}/{branch}?urlpath={quote(f'lab/tree/{FIRST}', safe='')}"

    def colab(self, notebook: str) -> str | None:
        """The address at which Colab opens one notebook; None if the host is not GitHub."""
        if self.host != "github.com":
            return None
        return f"https://colab.research.google.com/github/{self.path}/blob/{self.branch}/{notebook}"

    def pull(self, hub: str) -> str:
        """The address at which a hub with nbgitpuller fetches the repository and opens the first lesson."""
        opens = quote(f"lab/tree/{self.name}/{FIRST}", safe="")
        repo, branch = quote(self.url, safe=""), quote(self.branch, safe="")
        return f"{hub}/hub/user-redirect/git-pull?repo={repo}&branch={branch}&urlpath={opens}"


@dataclass(frozen=True)
class Cover:
    """What the cover page says of a class."""

    title: str
    teacher: str = ""
    dates: str = ""
    repository: Repository | None = None
    withhold: bool = False

    def __post_init__(self):
        for what, text in (("title", self.title), ("teacher", self.teacher), ("dates", self.dates)):
            if len(text) > LONGEST:
                raise BalletError(f"The {what} has {len(text)} characters. Give at most {LONGEST}.")
        if not escaped(self.title):
            raise BalletError("The class has no title. Give one with --title.")

    def page(self, readme: str, files: Collection[str]) -> str:
        """Return the page in Markdown; its course map is the README's, as far as the notebooks are there."""
        by = " · ".join(escaped(text) for text in (self.teacher, self.dates) if escaped(text))
        parts = [
            f"# {escaped(self.title)}",
            by,
            "**Sequence models on ballet**, in Jupyter notebooks: from the first landmark to a dancer "
            "recognised live. No graphics card, no camera and no data of yours are needed.",
            "![Six moments of a first arabesque, with the skeleton that MediaPipe found]"
            "(docs/pictures/first_arabesque.jpg)",
            start(self.repository),
            "## The course",
            self.course_map(readme, files),
            exercises(self.withhold),
            launch(self.repository) if self.repository else "",
            "## Licences and thanks",
            "Made with **ballet_lib**. Code: [MIT](LICENSE). Lessons and data: [CC BY 4.0](LICENSE-CONTENT).",
        ]
        return "\n\n".join(part for part in parts if part) + "\n"

    def course_map(self, readme: str, files: Collection[str]) -> str:
        """Return a table with a row a lesson: what is learnt, minutes, exercises, and where it opens."""
        rows = []
        for title, name, others in LESSON.findall(readme):
            notebook, tasks = f"notebooks/{name}.ipynb", f"exercises/{name}.ipynb"
            if notebook not in files:
                continue
            learnt, minutes, *_ = (cell.strip() for cell in others.split("|"))
            cells = [f"[{title}]({notebook})", learnt, f"[tasks]({tasks})" if tasks in files else ""]
            if self.repository and (colab := self.repository.colab(notebook)):
                cells.append(f"[![Open in Colab]({COLAB_BADGE})]({colab})")
            rows.append([*cells, minutes])
        if not rows:
            raise BalletError("The README's course map names no notebook that is there. Run: make notebooks.")
        launches = [""] if len(rows[0]) == 5 else []
        head = [
            "lesson",
            "you learn",
            "exercises",
            *launches,
            "minutes",
        ]  # which `make notebooks` keeps up to date
        return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])


def escaped(text: str) -> str:
    """Return a line of text as Markdown that shows it letter by letter; control characters go."""
    line = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    line = "".join(c for c in line if unicodedata.category(c) != "Cf")
    return re.sub(r"([\\`*_{}\[\]()#+.!|<>&~$:@-])", r"\\\1", " ".join(line.split()))


def start(repository: Repository | None) -> str:
    """Say how to start on one's own machine."""
    clone = f"git clone {repository.url}\ncd {repository.name}\n" if repository else ""
    return f"""## Start

With Python 3.11, 3.12 or 3.13 on Linux, macOS (Apple silicon) or Windows:

```sh
{clone}make lab
```

The first run takes a few minutes and 3.5 GB of disk. Without `make`, or on Windows:

```sh
python tools/environment.py
.venv/Scripts/python tools/lab.py        # .venv/bin/python elsewhere
```

If anything is amiss, `.venv/bin/ballet doctor` names it, with the mend."""


def exercises(withhold: bool) -> str:
    """Say how exercises work, and who has the solutions."""
    shown = "your teacher gives the solutions out in class" if withhold else "`solution()` shows one way"
    return (
        "In an exercise, `check()` says what is wrong, `hint()` helps a little more each time, and "
        f"{shown}. Words that are new stand in the [glossary](teaching/glossary.md)."
    )


def launch(repository: Repository) -> str:
    """Say where the course opens without an installation, and what does not work there."""
    lines = (
        "## Without installing",
        "",
        f"[![Open on Binder]({BINDER_BADGE})]({repository.binder})",
        "",
        "- **Binder** builds the whole environment, 3.5 GB: the first start after each change takes long and "
        "may fail. A session has little memory, and ends after some minutes without a click, with all that "
        "was done in it. Lessons that train may be too much for it.",
        *(on_colab(repository) if repository.colab(FIRST) else ()),
        "- **Your class server**, if it has nbgitpuller, fetches and updates the course without touching "
        f"what you wrote: `{repository.pull('https://YOUR-HUB')}`",
        "",
        "These need a public repository. On each of them a camera's pictures travel to that server; with "
        "`make lab` they stay on your machine.",
    )
    return "\n".join(lines)


def on_colab(repository: Repository) -> tuple[str, ...]:
    """Say what one notebook needs on Colab, and what it lacks there."""
    clone = f"!git clone --depth 1 --branch {repository.branch} {repository.url}"
    return (
        "- **Colab** (in the map above) opens one notebook without the course around it. Run these lines "
        "in a first cell, restart the session, and run the last of them again. Pictures in the text are "
        "missing, and the camera, and other widgets that send pictures, do not work.",
        "",
        "  ```",
        f"  {clone} /content/{repository.name}",
        f"  !pip install -q -e /content/{repository.name}",
        f"  %cd /content/{repository.name}/notebooks",
        "  ```",
        "",
    )
