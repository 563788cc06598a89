import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from class_cover import Cover, Repository, escaped
from make_class import MADE, chosen, course_files, main, without_targets, write_class

from ballet_lib.errors import BalletError

ROOT = Path(__file__).resolve().parents[2]
MAP = """| lesson | you learn | minutes |
|---|---|---|
| [00 Start](notebooks/00_start_here.ipynb) | a | 10 min |
"""


@pytest.fixture
def course(tmp_path):
    """A course in small, as git tracks it, with an untracked file beside."""
    root = tmp_path / "course"
    files = {
        "README.md": MAP,
        "LICENSE": "MIT",
        "Makefile": ".PHONY: lab test\n\nlab:  ## x\n\ttrue\n\ntest:  ## y\n\ttrue\n",
        "notebooks/00_start_here.ipynb": "{}",
        "exercises/00_start_here.ipynb": "{}",
        "solutions/00_start_here.ipynb": "secret",
        "lessons/exercises/00_start_here.py": "secret",
        "lessons/00_start_here.py": "# %%",
        "ballet_lib/checks/solutions.json": '{"00.1": "secret"}',
        "ballet_lib/checks/base.py": "",
        "tests/checks/wrong_00.py": "secret",
        "teaching/guides/00_start_here.md": "secret",
        "teaching/glossary.md": "plié",
        "benchmarks/results.md": "fast",
        "benchmarks/run.py": "",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for arguments in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", "-C", str(root), *arguments], check=True)
    (root / "notebooks" / "my_takes.csv").write_text("somebody's")
    return root


def written(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_class_is_what_git_tracks_without_what_developers_need(course, tmp_path):
    write_class(course, tmp_path / "class", Cover("Dance"))
    names = written(tmp_path / "class")
    assert "notebooks/my_takes.csv" not in names
    assert not any(name.startswith("tests/") or name == "benchmarks/run.py" for name in names)
    assert {
        "solutions/00_start_here.ipynb",
        "teaching/guides/00_start_here.md",
        "benchmarks/results.md",
    } <= names
    assert "[tasks](exercises/00_start_here.ipynb)" in (tmp_path / "class" / "README.md").read_text()
    assert "test" not in (tmp_path / "class" / "Makefile").read_text()


def test_withheld_solutions_are_nowhere(course, tmp_path):
    write_class(course, tmp_path / "class", Cover("Dance", withhold=True))
    for path in (tmp_path / "class").rglob("*"):
        assert path.is_dir() or "secret" not in path.read_text(encoding="utf-8"), path
    assert "teaching/glossary.md" in written(tmp_path / "class")
    assert "gives the solutions out in class" in (tmp_path / "class" / "README.md").read_text()


def test_without_git_the_course_is_a_list_of_its_parts(course):
    with_git = course_files(course)
    (course / ".git").rename(course / "no_git")
    assert chosen(course_files(course), withhold=False) == sorted(chosen(with_git, withhold=False))


def test_a_folder_is_replaced_only_if_it_is_our_own_work(course, tmp_path):
    folder = tmp_path / "class"
    write_class(course, folder, Cover("One"))
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("hers")
    write_class(course, folder, Cover("Two"))
    assert (folder / "README.md").read_text().startswith("# Two")
    assert (folder / ".git" / "HEAD").read_text() == "hers"

    (folder / "notes.md").write_text("hers")
    with pytest.raises(BalletError, match=r"notes\.md, written or changed"):
        write_class(course, folder, Cover("Three"))
    (folder / "notes.md").unlink()
    (folder / "LICENSE").write_text("changed")
    with pytest.raises(BalletError, match="LICENSE, written or changed"):
        write_class(course, folder, Cover("Three"))
    assert (folder / "README.md").read_text().startswith("# Two")


def test_foreign_folders_and_files_are_left_alone(course, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "all.tex").write_text("years")
    with pytest.raises(BalletError, match="was not made by make class"):
        write_class(course, tmp_path / "thesis", Cover("Dance"))
    with pytest.raises(BalletError, match="is no folder"):
        write_class(course, tmp_path / "thesis" / "all.tex", Cover("Dance"))
    (tmp_path / "empty").mkdir()
    write_class(course, tmp_path / "empty", Cover("Dance"))
    assert (tmp_path / "thesis" / "all.tex").read_text() == "years"


def test_nothing_is_left_where_writing_fails(course, tmp_path, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("make_class.copy", full)
    with pytest.raises(BalletError, match="No space left"):
        write_class(course, tmp_path / "out" / "class", Cover("Dance"))
    assert not list((tmp_path / "out").iterdir())


def test_a_course_without_notebooks_is_refused(course, tmp_path):
    (course / "notebooks" / "00_start_here.ipynb").unlink()
    with pytest.raises(BalletError, match="no notebooks"):
        write_class(course, tmp_path / "class", Cover("Dance"))
    assert not (tmp_path / "class").exists()


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("javascript:alert(1)", "no https address"),
        ("http://github.com/a/b", "no https address"),
        ("https://github.com/a b/c", "no https address"),
        ("https://github.com/a/b\n", "no https address"),
        ("https:///a/b", "names no host"),
        ("https://me:token@github.com/a/b", "password"),
        ("https://github.com/a/b?x=1", "more than a repository"),
        ("https://github.com/only", "names no repository"),
        ("https://github.com/a/../b", "names no repository"),
        ("https://github.com/a/b)](evil", "names no repository"),
        ("https://github.com:port/a/b", "is no address"),
        ("github.com/a/b", "no https address"),
    ],
)
def test_addresses_that_are_none_are_refused(url, wrong):
    with pytest.raises(BalletError, match=wrong):
        Repository.parse(url)


def test_a_branch_with_a_space_is_refused():
    with pytest.raises(BalletError, match="no name of a branch"):
        Repository.parse("https://github.com/a/b", "my branch")


def test_links_lead_to_the_teachers_own_repository():
    github = Repository.parse("https://github.com/ada/dance.git/", "spring")
    assert github.url == "https://github.com/ada/dance" and github.name == "dance"
    assert github.binder.startswith(
        "https://mybinder.org/v2/gh/ada/dance/spring?urlpath=lab%2Ftree%2Fnotebooks"
    )
    assert github.colab("notebooks/a.ipynb").endswith("/github/ada/dance/blob/spring/notebooks/a.ipynb")
    assert "repo=https%3A%2F%2Fgithub.com%2Fada%2Fdance&branch=spring" in github.pull("https://hub")
    other = Repository.parse("https://git.example.org:8443/team/sub/dance")
    assert "/v2/git/https%3A%2F%2Fgit.example.org%3A8443%2Fteam%2Fsub%2Fdance/main" in other.binder
    assert other.colab("notebooks/a.ipynb") is None
    page = Cover("Dance", repository=other).page(MAP, ["notebooks/00_start_here.ipynb"])
    assert "Colab" not in page and "git clone https://git.example.org:8443/team/sub/dance" in page
    assert "Binder" not in Cover("Dance").page(MAP, ["notebooks/00_start_here.ipynb"])


def test_words_of_the_teacher_become_text_and_nothing_else():
    text = escaped("A_b* <script>\n# [x](javascript:1)\u202e `c`|")
    assert "\n" not in text and "\u202e" not in text
    assert re.sub(r"\\(.)", r"\1", text) == "A_b* <script> # [x](javascript:1) `c`|"
    assert not re.search(r"(?<!\\)[<>\[\]()*_`#|]", text)
    for title in ("", " \n ", "x" * 300):
        with pytest.raises(BalletError, match="title"):
            Cover(title)


@pytest.mark.parametrize("withhold", [False, True])
def test_makefile_keeps_what_a_class_uses(withhold):
    makefile = without_targets((ROOT / "Makefile").read_text(encoding="utf-8"), withhold)
    assert re.findall(r"^([a-z]+):", makefile, re.MULTILINE) == re.findall(
        r"\w+", re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1]
    )
    assert "\nlab: " in makefile and "\ntest: " not in makefile and "benchmarks" not in makefile
    assert ("\ncourse: " in makefile) is not withhold


def test_errors_are_told_in_words(tmp_path, capsys):
    assert main(["--repository", "ftp://x/y/z", "-o", str(tmp_path / "class")]) == 1
    assert "no https address" in capsys.readouterr().err
    assert not (tmp_path / "class").exists()


@pytest.fixture(scope="module")
def withheld(tmp_path_factory):
    """The real course, as a class without solutions."""
    folder = tmp_path_factory.mktemp("made") / "class"
    repository = ["--repository", "https://github.com/NAME/REPO"]
    assert main(["--title", "Dance", "--withhold-solutions", *repository, "-o", str(folder)]) == 0
    return folder


def test_no_solution_is_in_any_file_of_a_real_class(withheld):
    answers = solutions_of_several_lines()
    for path in withheld.rglob("*"):
        if path.suffix in {".py", ".md", ".json", ".ipynb", ".html"} and path.name != MADE:
            text = squeezed(words(path))
            shown = [key for key, answer in answers.items() if answer in text]
            assert not shown, f"{path.relative_to(withheld)} holds the solution of {shown}"


def solutions_of_several_lines():
    """What solutions say inside their marks, where that is more than a line that a lesson may have too."""
    blocks = {}
    for source in sorted((ROOT / "lessons" / "exercises").glob("*.py")):
        text = source.read_text(encoding="utf-8")
        for number, block in enumerate(
            re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", text, re.DOTALL)
        ):
            if block.strip().count("\n") >= 1:
                blocks[f"{source.stem}, block {number + 1}"] = squeezed(block)
    return blocks


def words(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)


def squeezed(text):
    return " ".join(text.split())


def test_a_learner_of_that_class_can_work(withheld):
    ask = "import ballet_lib.checks as checks; print(checks.__file__, checks.solution('01.1'))"
    told = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=withheld,
        env=os.environ | {"PYTHONPATH": str(withheld), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert str(withheld) in told.stdout and "Your teacher gives it out in class" in told.stdout, told.stderr
    for needed in ("tools/environment.py", "tools/lab.py", "requirements.lock", "datasets/ballet6.npz"):
        assert (withheld / needed).is_file()


def test_every_link_of_that_class_leads_somewhere(withheld):
    for page in withheld.rglob("*.md"):
        for link in re.findall(r"\]\(([^)\s#]+)", page.read_text(encoding="utf-8")):
            assert "://" in link or (page.parent / link).exists(), f"{page.name}: {link}"
    made = json.loads((withheld / MADE).read_text(encoding="utf-8"))["files"]
    assert made.keys() | {MADE} == written(withheld)
