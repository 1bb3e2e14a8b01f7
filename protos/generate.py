"""Regenerate `services/pb` from `protos/` (default), check it (`--check`) or lint the contracts (`--lint`).

Own protos and `buf/validate` are generated; `google.*` modules come from their wheels. Imports get the one
prefix `services.pb`. Downstream readers get the descriptor set `services/pb/mentoring.binpb` and the events
as an AsyncAPI document, `services/pb/mentoring.asyncapi.yaml`.
"""

import argparse
import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

from protos import asyncapi

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
PB = ROOT / "services" / "pb"
OWN_IMPORT = re.compile(r"(?m)^(\s*from) (mentoring|buf)\.")


def generate(out: Path) -> None:
    """Write modules, stubs, packages and the descriptor set below `out`."""
    compiled(
        f"--python_out={out}",
        f"--grpc_python_out={out}",
        f"--mypy_out={out}",
        f"--mypy_grpc_out=only_async:{out}",
        "--include_imports",
        f"--descriptor_set_out={out / 'mentoring.binpb'}",
        "buf/validate/validate.proto",
    )
    drop_empty_services(out)
    (out / "mentoring.asyncapi.yaml").write_text(asyncapi.document(with_comments()))
    for path in [*out.rglob("*.py"), *out.rglob("*.pyi")]:
        path.write_text(OWN_IMPORT.sub(r"\1 services.pb.\2.", path.read_text()))
    for folder in [out, *(path for path in out.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").write_text('"""Generated from protos/; never edited."""\n')


def compiled(*arguments: str) -> None:
    """Run protoc on the own protos. Raises SystemExit when it fails."""
    own = sorted(str(path.relative_to(PROTOS)) for path in (PROTOS / "mentoring").rglob("*.proto"))
    roots = (PROTOS, PROTOS / "third_party", files("grpc_tools") / "_proto")
    if protoc.main(["protoc", *(f"-I{root}" for root in roots), *arguments, *own]):
        raise SystemExit("protoc failed")


def with_comments() -> FileDescriptorSet:
    """Return the own protos with where everything stands and what is said of it."""
    with tempfile.NamedTemporaryFile() as file:
        compiled("--include_source_info", f"--descriptor_set_out={file.name}")
        return FileDescriptorSet.FromString(file.read())


def drop_empty_services(out: Path) -> None:
    """Remove the gRPC module of a proto file that declares no service."""
    for path in out.rglob("*_pb2_grpc.py"):
        if "Stub" not in path.read_text():
            path.unlink()
            path.with_suffix(".pyi").unlink(missing_ok=True)


def check() -> None:
    """Exit 1 when the committed modules differ from the protos."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh = {path.relative_to(folder) for path in Path(folder).rglob("*") if path.is_file()}
        kept = {path.relative_to(PB) for path in PB.rglob("*") if path.is_file() and path.suffix != ".pyc"}
        differing = fresh ^ kept | {
            name for name in fresh & kept if not filecmp.cmp(Path(folder) / name, PB / name, shallow=False)
        }
    if differing:
        raise SystemExit("services/pb is stale, run `make protos`: " + ", ".join(sorted(map(str, differing))))
    breaking()


def buf(*arguments: str) -> int:
    """Run buf inside `protos/` and return its exit code."""
    return subprocess.run(["buf", *arguments], cwd=PROTOS, check=False).returncode


def lint() -> None:
    """Exit 1 when a contract breaks the style rules or its formatting."""
    if buf("lint") or buf("format", "-d", "--exit-code", "--path", "mentoring"):
        raise SystemExit("protos/: fix the lines above (`buf format -w --path mentoring` formats)")


def breaking() -> None:
    """Exit 1 when a contract changed incompatibly against the main branch, if that has any."""
    for ref in ("origin/main", "main"):
        known = subprocess.run(
            ["git", "ls-tree", "--name-only", ref, "protos/buf.yaml"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if known.stdout.strip():
            if buf("breaking", "--against", f"../.git#ref={ref},subdir=protos"):
                raise SystemExit(f"protos/: a contract breaks against {ref}")
            return
    print("buf breaking: no main branch with protos yet, skipped")


def main() -> None:
    """Parse the command line and run one mode."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--check", action="store_true", help="compare with the committed modules and the main branch"
    )
    mode.add_argument("--lint", action="store_true", help="run the style and format rules only")
    chosen = parser.parse_args()
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if chosen.lint:
        return lint()
    if chosen.check:
        return check()
    shutil.rmtree(PB, ignore_errors=True)
    PB.mkdir(parents=True)
    return generate(PB)


if __name__ == "__main__":
    main()
