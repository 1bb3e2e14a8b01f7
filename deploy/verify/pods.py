"""What a container of ours is told and finds mounted, worked out from resources as a cluster would."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.k8s.platform import IMAGE
from services.kernel.config import Settings, StreamSettings

Document = dict[str, Any]
_LABEL = "metadata.labels['"


@dataclass(frozen=True, slots=True)
class Ours:
    """One container of our image in a pod. `files` are the paths of its secrets."""

    name: str
    container: Document
    pod: Document
    environment: dict[str, str]
    files: frozenset[str]

    @property
    def module(self) -> str:
        """Return what `python -m` runs."""
        return str(self.container["args"][2])

    @property
    def service(self) -> str:
        """Return the service whose settings it reads, if it reads any."""
        return self.arguments[0] if self.module == "deploy.doctor" else self.module.rpartition(".")[2]

    @property
    def settings(self) -> type[Settings | StreamSettings]:
        """Return what that service reads its settings into."""
        return StreamSettings if self.service == "processor" else Settings

    @property
    def arguments(self) -> list[str]:
        """Return what it is called with."""
        return list(self.container["args"][3:])


def ours(documents: Sequence[Document]) -> Iterator[Ours]:
    """Yield every container of our image."""
    config = {one["metadata"]["name"]: one["data"] for one in documents if one["kind"] == "ConfigMap"}
    for document in documents:
        template = template_of(document)
        pod = template.get("spec", {})
        for container in (*pod.get("initContainers", ()), *pod.get("containers", ())):
            if IMAGE in container.get("image", ""):
                name = f"{document['kind']} {document['metadata']['name']} {container['name']}"
                told = _environment(container, template["metadata"]["labels"], config)
                yield Ours(name, container, pod, told, _files(container, pod))


def template_of(document: Document) -> Document:
    """Return the template of the pods that a resource starts; an empty one if it starts none."""
    spec = document.get("spec", {})
    template = spec.get("jobTemplate", {}).get("spec", spec).get("template", {})
    return template if isinstance(template, dict) else {}


def _environment(container: Document, labels: dict[str, str], config: dict[str, Document]) -> dict[str, str]:
    told: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        told |= config.get(source["configMapRef"]["name"], {})
    for one in container.get("env", ()):
        told[one["name"]] = one["value"] if "value" in one else _of_label(one, labels)
    return told


def _of_label(variable: Document, labels: dict[str, str]) -> str:
    path: str = variable["valueFrom"]["fieldRef"]["fieldPath"]
    return labels.get(path.removeprefix(_LABEL).removesuffix("']"), "")


def _files(container: Document, pod: Document) -> frozenset[str]:
    mounted = {one["name"]: one["mountPath"] for one in container.get("volumeMounts", ())}
    return frozenset(
        f"{mounted[volume['name']]}/{item['path']}"
        for volume in pod.get("volumes", ())
        if volume["name"] in mounted
        for source in volume.get("projected", {}).get("sources", ())
        for item in source["secret"]["items"]
    )
