"""Roles that belong to a service, made for it and changed by nobody else.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.catalog import managed_policies
from tabard.core.arn import iam_arn
from tabard.core.sources import unique_id
from tabard.services.iam import quotas, replies, trust
from tabard.services.iam.errors import invalid_input, no_such_entity, quota_exceeded
from tabard.services.iam.subjects import find_role, on_role, role_check
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam import Role
from tabard.store.iam_credentials import DeletionTask

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        CreateServiceLinkedRoleRequestTypeDef,
        DeleteServiceLinkedRoleRequestTypeDef,
        GetServiceLinkedRoleDeletionStatusRequestTypeDef,
    )

    from tabard.services.iam.subjects import Request
    from tabard.services.operation import Call

_PATH = "/aws-service-role/"
_TASK = "task" + _PATH


class _Linked(NamedTuple):
    """A service's role: the end of its name, its policy, and whether a suffix may make further ones."""

    name: str
    policy: str
    suffix: bool = False


_SERVICES = {
    "access-analyzer": _Linked("AccessAnalyzer", "AccessAnalyzerServiceRolePolicy"),
    "autoscaling": _Linked("AutoScaling", "AutoScalingServiceRolePolicy", suffix=True),
    "backup": _Linked("Backup", "AWSBackupServiceLinkedRolePolicyForBackup"),
    "batch": _Linked("Batch", "BatchServiceRolePolicy"),
    "cloudtrail": _Linked("CloudTrail", "CloudTrailServiceRolePolicy"),
    "config": _Linked("Config", "AWSConfigServiceRolePolicy"),
    "ec2fleet": _Linked("EC2Fleet", "AWSEC2FleetServiceRolePolicy"),
    "ecs": _Linked("ECS", "AmazonECSServiceRolePolicy"),
    "eks": _Linked("AmazonEKS", "AmazonEKSServiceRolePolicy"),
    "eks-nodegroup": _Linked("AmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup"),
    "elasticache": _Linked("ElastiCache", "ElastiCacheServiceRolePolicy"),
    "elasticbeanstalk": _Linked("ElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy"),
    "elasticfilesystem": _Linked("AmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy"),
    "elasticloadbalancing": _Linked("ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"),
    "es": _Linked("AmazonElasticsearchService", "AmazonElasticsearchServiceRolePolicy"),
    "guardduty": _Linked("AmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy"),
    "inspector2": _Linked("AmazonInspector2", "AmazonInspector2ServiceRolePolicy"),
    "kafka": _Linked("Kafka", "KafkaServiceRolePolicy"),
    "lex": _Linked("LexBots", "LexBotPolicy"),
    "macie": _Linked("AmazonMacie", "AmazonMacieServiceRolePolicy"),
    "opensearchservice": _Linked("AmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy"),
    "organizations": _Linked("Organizations", "AWSOrganizationsServiceTrustPolicy"),
    "rds": _Linked("RDS", "AmazonRDSServiceRolePolicy"),
    "redshift": _Linked("Redshift", "AmazonRedshiftServiceLinkedRolePolicy"),
    "rolesanywhere": _Linked("RolesAnywhere", "AWSRolesAnywhereServicePolicy"),
    "securityhub": _Linked("SecurityHub", "AWSSecurityHubServiceRolePolicy"),
    "spot": _Linked("EC2Spot", "AWSEC2SpotServiceRolePolicy"),
    "ssm": _Linked("AmazonSSM", "AmazonSSMServiceRolePolicy"),
    "sso": _Linked("SSO", "AWSSSOServiceRolePolicy"),
    "support": _Linked("Support", "AWSSupportServiceRolePolicy"),
    "transitgateway": _Linked("VPCTransitGateway", "AWSVPCTransitGatewayServiceRolePolicy"),
    "trustedadvisor": _Linked("TrustedAdvisor", "AWSTrustedAdvisorServiceRolePolicy"),
    "custom-resource.application-autoscaling": _Linked(
        "ApplicationAutoScaling_CustomResource", "AWSApplicationAutoScalingCustomResourcePolicy"
    ),
    **{
        f"{service}.application-autoscaling": _Linked(
            f"ApplicationAutoScaling_{target}", f"AWSApplicationAutoscaling{target}Policy"
        )
        for service, target in (
            ("appstream", "AppStreamFleet"),
            ("cassandra", "CassandraTable"),
            ("comprehend", "ComprehendEndpoint"),
            ("dynamodb", "DynamoDBTable"),
            ("ec2", "EC2SpotFleetRequest"),
            ("ecs", "ECSService"),
            ("elasticache", "ElastiCacheRG"),
            ("elasticmapreduce", "EMRInstanceGroup"),
            ("kafka", "KafkaCluster"),
            ("lambda", "LambdaConcurrency"),
            ("neptune", "NeptuneCluster"),
            ("rds", "RDSCluster"),
            ("sagemaker", "SageMakerEndpoint"),
            ("workspaces", "WorkSpacesPool"),
        )
    },
}


def _linked(service: str) -> _Linked | None:
    return (
        _SERVICES.get(service.removesuffix(".amazonaws.com")) if service.endswith(".amazonaws.com") else None
    )


def _name_of(linked: _Linked | None, request: Request) -> str:
    suffix = request.get("CustomSuffix")
    name = "AWSServiceRoleFor" + ("" if linked is None else linked.name)
    return f"{name}_{suffix}" if suffix else name


def _check_create(call: Call, request: dict[str, Any]) -> tuple[Check]:
    service = request["AWSServiceName"]
    name = _name_of(_linked(service), request)
    arn = iam_arn(call.account, "role", f"{_PATH}{service}/", name)
    return (Check("iam:CreateServiceLinkedRole", arn, keys={"iam:awsservicename": service}),)


@operation("iam", "CreateServiceLinkedRole", WRITE, checks=_check_create)
def create_service_linked_role(call: Call, request: CreateServiceLinkedRoleRequestTypeDef) -> dict[str, Any]:
    """Make the role of a service, with the policy that AWS has for it; only that service can assume it."""
    service, roles = request["AWSServiceName"], call.store.iam.roles
    linked = _linked(service)
    if linked is None:
        raise invalid_input(f"Service {service} does not support service-linked roles.")
    if request.get("CustomSuffix") and not linked.suffix:
        raise invalid_input(f"Custom suffix is not allowed for {service}")
    name = _name_of(linked, request)
    if roles.get(call.account, name) is not None:
        raise invalid_input(
            f"Service role name {name} has been taken in this account, please try a different suffix."
        )
    if roles.count(call.account, quotas.ROLES) >= quotas.ROLES:
        raise quota_exceeded("RolesPerAccount", quotas.ROLES)
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = Role(
        call.account,
        unique_id("AROA", call.node.random),
        name,
        f"{_PATH}{service}/",
        float(int(call.now)),
        trust.stored(call.store, document),
        request.get("Description") or None,
    )
    roles.create(role)
    arn = policy_arn(linked.policy)
    if managed_policies.get(arn) is not None:
        call.store.iam.grants.attach(call.account, "role", role.id, arn)
    return {"Role": replies.new_role_with_extras(call, role)}


def policy_arn(name: str) -> str:
    """The ARN of one of AWS's policies for service-linked roles."""
    return f"{managed_policies.ARN_PREFIX.rstrip('/')}{_PATH}{name}"


@operation("iam", "DeleteServiceLinkedRole", WRITE, checks=on_role("iam:DeleteServiceLinkedRole"))
def delete_service_linked_role(call: Call, request: DeleteServiceLinkedRoleRequestTypeDef) -> dict[str, Any]:
    """Delete a service's role. No service here uses one behind its owner's back, so that it is gone at once."""
    role = find_role(call, request["RoleName"])
    if not role.path.startswith(_PATH):
        raise no_such_entity(f"The role with name {role.name} cannot be found.")
    digits = call.node.random(16).hex()
    unique = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    task = f"{_TASK}{role.path.removeprefix(_PATH)}{role.name}/{unique}"
    call.store.iam.credentials.deletion_tasks.put(
        DeletionTask(
            id=task,
            account=call.account,
            created_at=float(int(call.now)),
            role_arn=iam_arn(role.account, "role", role.path, role.name),
            status="SUCCEEDED",
        )
    )
    call.store.iam.roles.delete(role)
    return {"DeletionTaskId": task}


def _check_status(call: Call, request: Request) -> tuple[Check]:
    """On the role that the task deletes, as its id says it."""
    action, task = "iam:GetServiceLinkedRoleDeletionStatus", request["DeletionTaskId"]
    name = task.removeprefix("task/").rpartition("/")[0]
    existing = call.store.iam.roles.get(call.account, name.rpartition("/")[2]) if name else None
    if existing is not None:
        return (role_check(call, action, existing.name),)
    return (Check(action, iam_arn(call.account, "role", "/", name or "*")),)


@operation("iam", "GetServiceLinkedRoleDeletionStatus", READ, checks=_check_status)
def get_service_linked_role_deletion_status(
    call: Call, request: GetServiceLinkedRoleDeletionStatusRequestTypeDef
) -> dict[str, Any]:
    """Say how far the deletion of a service's role has come."""
    task = call.store.iam.credentials.deletion_tasks.get(call.account, request["DeletionTaskId"])
    if task is None:
        raise no_such_entity(f"Deletion task {request['DeletionTaskId']} cannot be found.")
    return {"Status": task.status}
