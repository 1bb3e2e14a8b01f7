"""Writes the manifests that follow from the sources: `python -m deploy.k8s [manifests | secrets]`."""

import argparse

from deploy.k8s import files, manifests, platform, secrets


def main() -> None:
    """Run as a command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.k8s", description=__doc__)
    parser.add_argument(
        "what",
        choices=("manifests", "secrets"),
        nargs="?",
        default="manifests",
        help="manifests: write k8s/; secrets: print made-up Secrets for a cluster to try things on",
    )
    sources = platform.load()
    if parser.parse_args().what == "secrets":
        print(files.text(secrets.made_up(sources)).removeprefix(files.HEADER), end="")
        return
    files.write(platform.ROOT / "k8s", manifests.all_files(sources))


if __name__ == "__main__":
    main()
