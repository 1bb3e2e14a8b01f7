"""Makes `k8s/` ready to be applied: `python -m deploy.k8s [manifests | secrets | examples OVERLAY]`."""

import argparse
from pathlib import Path

from deploy.k8s import examples, files, manifests, platform, secrets


def main() -> None:
    """Run as a command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.k8s", description=__doc__)
    parser.set_defaults(what="manifests")
    todo = parser.add_subparsers(dest="what")
    todo.add_parser("manifests", help="write what repeats in k8s/; what is done without an argument")
    todo.add_parser("secrets", help="print made-up Secrets for a cluster to try things on")
    look = todo.add_parser(
        "examples", help="list what in an overlay is not yours yet; exit code 1 if anything"
    )
    look.add_argument("overlay", type=Path, help="its folder, such as k8s/overlays/prod")
    chosen = parser.parse_args()
    if chosen.what == "examples":
        if not chosen.overlay.is_dir():
            look.error(f"{chosen.overlay} is no folder")
        left = list(examples.left(chosen.overlay))
        raise SystemExit("\n".join(left) if left else 0)
    sources = platform.load()
    if chosen.what == "secrets":
        print(files.text(secrets.made_up(sources)).removeprefix(files.HEADER), end="")
        return
    files.write(platform.ROOT / "k8s", manifests.all_files(sources))


if __name__ == "__main__":
    main()
