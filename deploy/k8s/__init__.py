"""Writes what repeats in `k8s/` from the sources it follows from: `make manifests`.

platform      the sources: call graph, rights in Kafka, topics, version
sizes         memory, CPU and replicas, with where each figure comes from
settings      what each process is told, and which secrets it mounts
pod           one pod: security, probes, settings, volumes
workloads     Deployment, Service, ServiceAccount, PodDisruptionBudget and migration Job of each process
backup        copies of databases, on a schedule
checks        the doctor as a Job for each service, after a release
gateway       which calls from outside go where
network       who may connect to whom
kafka         Strimzi: topics and users
scaling       on CPU and on lag
certificates  mutual TLS by cert-manager
secrets       where secrets come from
rules         Prometheus' rules as resources
files         how it all becomes files

What does not repeat is written by hand beside it, and `k8s/README.md` tells what is which.
"""
