"""Credentials and what is published for those who verify them, to protobuf."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from services.kernel import fields
from services.kernel.mongo import Ref
from services.pb.mentoring.recognition.v1 import credential_service_pb2 as pb
from services.recognition.domain.awards import Award, Stage
from services.recognition.domain.choices import Issuer
from services.recognition.wire.names import award_name, issuer_document_name, status_list_name


def credential(ref: Ref, award: Award) -> pb.Credential:
    """Encode the credential of an award, empty while there is none."""
    message = pb.Credential(
        name=f"{award_name(ref.tenant, award.person, ref.id)}/credential",
        revoked=award.stage is Stage.REVOKED,
    )
    if award.credential is not None:
        message.jwt = award.credential.jwt
        fields.set_time(message.issue_time, award.credential.issue_time)
    return message


def issuer_document(
    tenant: str, issuer: Issuer, content: Mapping[str, Any], lists: Sequence[int]
) -> pb.IssuerDocument:
    """Encode an issuer document."""
    return pb.IssuerDocument(
        name=issuer_document_name(tenant),
        did=issuer.did,
        document=json.dumps(content, indent=2),
        publish_url=issuer.document_url,
        status_lists=[status_list_name(tenant, number) for number in lists],
    )
