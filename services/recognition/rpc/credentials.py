"""CredentialService: decode, act, encode."""

from services.kernel import fields, ids
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.pb.mentoring.recognition.v1 import credential_service_pb2 as pb
from services.pb.mentoring.recognition.v1.credential_service_pb2_grpc import CredentialServiceServicer
from services.recognition.app.credentials import Credentials
from services.recognition.wire import credentials as wire
from services.recognition.wire import names


class CredentialService(CredentialServiceServicer):
    """Serves `mentoring.recognition.v1.CredentialService`."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def IssueCredential(self, request: pb.IssueCredentialRequest, _: object) -> pb.Credential:
        """Issue the credential of a badge."""
        tenant, person, award = ids.parse_name(names.AWARD, request.name)
        stored = await self._credentials.issue(
            caller(), (person, award), cause(request), with_identifier=request.with_identifier
        )
        return wire.credential(Ref(tenant, award), stored.state)

    async def GetCredential(self, request: pb.GetCredentialRequest, _: object) -> pb.Credential:
        """Return an issued credential."""
        tenant, person, award = ids.parse_name(names.CREDENTIAL, request.name)
        stored = await self._credentials.get(caller(), (person, award))
        return wire.credential(Ref(tenant, award), stored.state)

    async def GetIssuerDocument(self, request: pb.GetIssuerDocumentRequest, _: object) -> pb.IssuerDocument:
        """Return the issuer document."""
        (tenant,) = ids.parse_name(names.ISSUER_DOCUMENT, request.name)
        found = await self._credentials.issuer_document(tenant)
        return wire.issuer_document(tenant, found.issuer, found.content, found.lists)

    async def GetStatusList(self, request: pb.GetStatusListRequest, _: object) -> pb.StatusList:
        """Return a status list."""
        tenant, number = ids.parse_name(names.STATUS_LIST, request.name)
        found = await self._credentials.status_list(tenant, int(number))
        answer = pb.StatusList(name=request.name, jwt=found.jwt, publish_url=found.url)
        fields.set_time(answer.expire_time, found.expires)
        return answer
