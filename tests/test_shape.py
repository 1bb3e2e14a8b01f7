"""The house rules that no linter knows: one shape per service, small files, no junk drawers."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType

import pytest

ROOT = Path(__file__).parent.parent
SERVICES = ROOT / "services"
GRPC = ("profiles", "matching", "mentorships", "scheduling", "notifications", "recognition")
ALWAYS = {"__init__", "domain", "app", "store", "wire", "rpc", "__main__"}
MAYBE = {"events", "clients"}
JUNK = {"common", "utils", "util", "base", "helpers", "helper", "misc", "shared"}
MAP = ("Owns", "Serves", "Tells", "Hears", "Calls")


def modules(service: str) -> set[str]:
    return {path.stem for path in (SERVICES / service).iterdir() if path.name != "__pycache__"}


def own_files() -> Iterator[Path]:
    for folder in (SERVICES, ROOT / "deploy", ROOT / "tests"):
        yield from (path for path in folder.rglob("*.py") if "pb" not in path.relative_to(ROOT).parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@pytest.mark.parametrize("service", GRPC)
def test_a_service_has_the_modules_of_every_service_and_no_other(service: str) -> None:
    found = modules(service)
    assert found >= ALWAYS
    assert found <= ALWAYS | MAYBE


def test_the_processor_has_its_own_smaller_shape() -> None:
    assert modules("processor") == {"__init__", "domain", "wire", "agents", "commands", "__main__"}


def test_there_is_no_service_outside_the_list() -> None:
    folders = {path.name for path in SERVICES.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {*GRPC, "processor", "kernel", "pb"}


@pytest.mark.parametrize("service", [*GRPC, "processor"])
def test_the_package_docstring_is_the_map_and_nothing_else_is_in_the_file(service: str) -> None:
    package = tree(SERVICES / service / "__init__.py")
    text = ast.get_docstring(package) or ""
    assert [word for word in MAP if word not in text] == []
    assert len(package.body) == 1


def test_no_file_is_a_junk_drawer() -> None:
    assert [str(path) for path in own_files() if path.stem in JUNK or path.parent.name in JUNK] == []


def test_no_file_passes_400_lines() -> None:
    assert {
        str(path): count for path in own_files() if (count := len(path.read_text().splitlines())) > 400
    } == {}


def test_no_function_passes_50_lines() -> None:
    long = [
        f"{path.name}:{node.lineno} {node.name}"
        for path in own_files()
        if has_long_code(path)
        for node in statements(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.end_lineno is not None and node.end_lineno - node.lineno >= 50
    ]
    assert long == []


def has_long_code(path: Path) -> bool:
    """Whether a function is worth a look: to compile a file takes a third of what a tree for Python takes."""
    module = compile(path.read_text(), path, "exec", dont_inherit=True)
    return any(last_line(code) - code.co_firstlineno >= 40 for code in functions(module))


def functions(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of all functions in a code, at any depth; classes have no CO_OPTIMIZED."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_flags & inspect.CO_OPTIMIZED:
                yield inner
            yield from functions(inner)


def last_line(code: CodeType) -> int:
    inner = (last_line(const) for const in code.co_consts if isinstance(const, CodeType))
    return max(code.co_firstlineno, *inner, *(end for _, end, _, _ in code.co_positions() if end))


def statements(block: ast.AST) -> Iterator[ast.stmt]:
    """Yield all statements in a block, at any depth; functions and imports are never inside expressions."""
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        for part in getattr(block, name, ()):
            if isinstance(part, ast.stmt):
                yield part
            yield from statements(part)


def test_motor_is_named_in_one_place_only() -> None:
    """The driver is past its end of life: the move to its successor must stay a change of one package."""
    users = {
        str(path.relative_to(ROOT))
        for path in own_files()
        if "motor" in path.read_text()
        for node in statements(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        if "motor"
        in (getattr(node, "module", None) or "").split(".")[:1]
        + [name.name.split(".")[0] for name in node.names]
    }
    baseline = {"tests/bench/bare.py"}  # a baseline without the kernel must name the driver
    assert all(user.startswith("services/kernel/mongo") for user in users - baseline), users
