"""The policy simulator."""

from __future__ import annotations

from typing import Any

from tests.support.world import ACCOUNT, EC2_TRUST, OTHER_ACCOUNT, World, allow, document, refused

BUCKET = "arn:aws:s3:::bucket"


def decisions(reply: dict[str, Any]) -> list[str]:
    return [result["EvalDecision"] for result in reply["EvaluationResults"]]


def test_policies_alone_are_simulated(world: World) -> None:
    """One result for each action: the most restrictive decision, and each resource's own."""
    text = document(
        allow("s3:Get*", BUCKET + "/*"),
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": BUCKET + "/secret"},
    )
    reply = world.iam.simulate_custom_policy(
        PolicyInputList=[text],
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=[BUCKET + "/a", BUCKET + "/secret"],
    )
    assert decisions(reply) == ["explicitDeny", "implicitDeny"]
    first = reply["EvaluationResults"][0]
    assert first["EvalActionName"] == "s3:GetObject"
    assert first["EvalResourceName"] == "arn:aws:s3:::${BucketName}/${ObjectName}"
    assert first["EvalDecisionDetails"] == {}
    own, secret = first["ResourceSpecificResults"]
    assert (own["EvalResourceName"], own["EvalResourceDecision"]) == (BUCKET + "/a", "allowed")
    assert (secret["EvalResourceName"], secret["EvalResourceDecision"]) == (
        BUCKET + "/secret",
        "explicitDeny",
    )
    assert first["MatchedStatements"] == secret["MatchedStatements"] != own["MatchedStatements"]
    assert refused(world.iam.simulate_custom_policy, PolicyInputList=["{"], ActionNames=["s3:GetObject"])[
        0
    ] == ("InvalidInput")


def test_statements_stand_where_recorded_answers_say(world: World) -> None:
    """The first begins after the bracket, the next where the one before it ends; lines and columns count from 1."""
    lines = (
        "{",
        '  "Version": "2012-10-17",',
        '  "Statement": [',
        '    {"Effect": "Allow", "Action": "s3:A", "Resource": "*"},',
        '    {"Effect": "Allow",',
        '     "Action": "s3:B", "Resource": "*"}',
        "  ]",
        "}",
    )
    text = "\n".join(lines)
    reply = world.iam.simulate_custom_policy(PolicyInputList=[text], ActionNames=["s3:A", "s3:B"])
    first, second = (result["MatchedStatements"][0] for result in reply["EvaluationResults"])
    assert first == {
        "SourcePolicyId": "PolicyInputList.1",
        "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 3, "Column": 17},
        "EndPosition": {"Line": 4, "Column": 59},
    }
    assert second["StartPosition"] == {"Line": 4, "Column": 59}
    assert second["EndPosition"] == {"Line": 6, "Column": 40}
    assert [result["EvalResourceName"] for result in reply["EvaluationResults"]] == ["*", "*"]
    assert "ResourceSpecificResults" not in reply["EvaluationResults"][0]
    assert "EvalDecisionDetails" not in reply["EvaluationResults"][0]
    alone = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:A","Resource":"*"}}'
    reply = world.iam.simulate_custom_policy(PolicyInputList=[alone], ActionNames=["s3:A"])
    (statement,) = reply["EvaluationResults"][0]["MatchedStatements"]
    assert (statement["StartPosition"]["Column"], statement["EndPosition"]["Column"]) == (37, len(alone))


def test_conditions_use_the_context_that_is_given_and_say_what_is_missing(world: World) -> None:
    text = document(allow("s3:*", Condition={"StringEquals": {"aws:RequestTag/team": "a"}}))
    without = world.iam.simulate_custom_policy(PolicyInputList=[text], ActionNames=["s3:CreateBucket"])
    assert decisions(without) == ["implicitDeny"]
    assert without["EvaluationResults"][0]["MissingContextValues"] == ["aws:RequestTag/team"]
    entry = {"ContextKeyName": "aws:requesttag/team", "ContextKeyValues": ["a"], "ContextKeyType": "string"}
    given = world.iam.simulate_custom_policy(
        PolicyInputList=[text], ActionNames=["s3:CreateBucket"], ContextEntries=[entry]
    )
    assert decisions(given) == ["allowed"]
    assert given["EvaluationResults"][0]["MissingContextValues"] == []


def test_a_principal_is_simulated_with_its_groups_and_boundary(world: World) -> None:
    iam = world.iam
    user = iam.create_user(UserName="bob", Path="/x/")["User"]["Arn"]
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="bob")
    iam.put_group_policy(GroupName="staff", PolicyName="p", PolicyDocument=document(allow("s3:*")))

    def simulate(**more: Any) -> Any:
        reply = iam.simulate_principal_policy(PolicySourceArn=user, ActionNames=["s3:GetObject"], **more)
        return reply["EvaluationResults"][0]

    result = simulate()
    assert result["EvalDecision"] == "allowed"
    assert result["MatchedStatements"][0]["SourcePolicyId"] == "group_staff_p"
    assert result["MatchedStatements"][0]["SourcePolicyType"] == "IAM Policy"
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=document(allow("iam:*")))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=boundary)
    bounded = simulate()
    assert bounded["EvalDecision"] == "implicitDeny"
    assert bounded["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    wider = simulate(PermissionsBoundaryPolicyInputList=[document(allow("*"))])
    assert wider["EvalDecision"] == "allowed"
    deny = document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    assert simulate(PolicyInputList=[deny])["EvalDecision"] == "explicitDeny"


def test_roles_groups_and_excluded_policies(world: World) -> None:
    iam = world.iam
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST)["Role"]["Arn"]
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_role_policy(RoleName="app", PolicyArn=admin)
    parameters = {"PolicySourceArn": role, "ActionNames": ["s3:GetObject"]}
    reply = iam.simulate_principal_policy(**parameters)
    assert decisions(reply) == ["allowed"]
    (statement,) = reply["EvaluationResults"][0]["MatchedStatements"]
    assert (statement["SourcePolicyId"], statement["SourcePolicyType"]) == (
        "AdministratorAccess",
        "IAM Policy",
    )
    excluded = [{"PolicyType": "aws-managed", "PolicyArn": admin}]
    assert decisions(iam.simulate_principal_policy(**parameters, PolicyExclusionList=excluded)) == [
        "implicitDeny"
    ]
    group = iam.create_group(GroupName="staff")["Group"]["Arn"]
    assert decisions(iam.simulate_principal_policy(**{**parameters, "PolicySourceArn": group})) == [
        "implicitDeny"
    ]


def test_a_resource_policy_may_grant_to_another_accounts_user(world: World) -> None:
    caller = f"arn:aws:iam::{ACCOUNT}:user/bob"
    granting = document({**allow("s3:GetObject", BUCKET + "/*"), "Principal": {"AWS": caller}})
    parameters: dict[str, Any] = {
        "PolicyInputList": [document(allow("s3:GetObject"))],
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": [BUCKET + "/a"],
        "CallerArn": caller,
        "ResourceOwner": f"arn:aws:iam::{OTHER_ACCOUNT}:root",
    }
    assert decisions(world.iam.simulate_custom_policy(**parameters)) == ["implicitDeny"]
    both = world.iam.simulate_custom_policy(**parameters, ResourcePolicy=granting)
    assert decisions(both) == ["allowed"]
    (result,) = both["EvaluationResults"]
    assert result["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "allowed"}


def test_a_resource_policy_needs_a_caller(world: World) -> None:
    granting = document({**allow("s3:GetObject", BUCKET + "/*"), "Principal": "*"})
    parameters = {"PolicyInputList": [document(allow("*"))], "ActionNames": ["s3:GetObject"]}
    assert (
        refused(world.iam.simulate_custom_policy, **parameters, ResourcePolicy=granting)[0] == "InvalidInput"
    )
    role = f"arn:aws:iam::{ACCOUNT}:role/app"
    assert refused(
        world.iam.simulate_custom_policy, **parameters, ResourcePolicy=granting, CallerArn=role
    ) == (
        "InvalidInput",
        "Invalid caller - Caller must be an IAM user in this context.",
        400,
    )
    user = f"arn:aws:iam::{ACCOUNT}:user/bob"
    answered = world.iam.simulate_custom_policy(**parameters, ResourcePolicy=granting, CallerArn=user)
    assert decisions(answered) == ["allowed"]
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/x"
    assert refused(world.iam.simulate_custom_policy, **parameters, CallerArn=session)[0] == "InvalidInput"


def test_a_resource_policy_is_about_the_resources(world: World) -> None:
    parameters: dict[str, Any] = {
        "PolicyInputList": [document(allow("iam:*"))],
        "ActionNames": ["s3:GetObject"],
        "ResourcePolicy": document(
            {**allow("s3:GetObject", BUCKET + "/${aws:username}/*"), "Principal": "*"}
        ),
        "CallerArn": f"arn:aws:iam::{ACCOUNT}:user/bob",
    }
    answered = world.iam.simulate_custom_policy(**parameters, ResourceArns=[BUCKET + "/bob/a"])
    assert decisions(answered) == ["allowed"]
    (statement,) = answered["EvaluationResults"][0]["MatchedStatements"]
    assert (statement["SourcePolicyId"], statement["SourcePolicyType"]) == (
        "ResourcePolicy",
        "Resource Policy",
    )
    elsewhere = [BUCKET + "/bob/a", "arn:aws:s3:::elsewhere/a"]
    assert (
        refused(world.iam.simulate_custom_policy, **parameters, ResourceArns=elsewhere)[0] == "InvalidInput"
    )
    for owner in ("nobody", OTHER_ACCOUNT):  # an account's id alone was refused in these words
        assert refused(world.iam.simulate_custom_policy, **parameters, ResourceOwner=owner) == (
            "InvalidInput",
            f"'{owner}' is not a valid as a Resource Owner.",
            400,
        )


def test_each_resource_of_another_account_says_what_each_side_decides(world: World) -> None:
    caller = f"arn:aws:iam::{ACCOUNT}:user/bob"
    granting = document({**allow("s3:GetObject", BUCKET + "/*"), "Principal": {"AWS": caller}})
    reply = world.iam.simulate_custom_policy(
        PolicyInputList=[document(allow("s3:GetObject", BUCKET + "/a"))],
        PermissionsBoundaryPolicyInputList=[document(allow("*"))],
        ActionNames=["s3:GetObject"],
        ResourceArns=[BUCKET + "/a", BUCKET + "/b"],
        CallerArn=caller,
        ResourceOwner=f"arn:aws:iam::{OTHER_ACCOUNT}:root",
        ResourcePolicy=granting,
    )
    (result,) = reply["EvaluationResults"]
    details = [each["EvalDecisionDetails"] for each in result["ResourceSpecificResults"]]
    both = {"Resource Policy": "allowed", "Permissions Boundary Policy": "allowed"}
    assert details == [{"IAM Policy": "allowed"} | both, {"IAM Policy": "implicitDeny"} | both]
    assert result["EvalDecision"] == "implicitDeny"
    assert result["EvalDecisionDetails"] == details[1]
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}


def test_launching_needs_the_resources_of_its_scenario(world: World) -> None:
    def arn(kind: str, name: str) -> str:
        return f"arn:aws:ec2:us-east-1:{ACCOUNT}:{kind}/{name}"

    there = [arn("instance", "*"), arn("security-group", "sg-1"), "arn:aws:ec2:us-east-1::image/ami-1"]
    parameters: dict[str, Any] = {
        "PolicyInputList": [document(allow("ec2:RunInstances"))],
        "ActionNames": ["ec2:RunInstances"],
        "ResourceHandlingOption": "EC2-VPC-EBS-Subnet",
    }
    code, message, _ = refused(world.iam.simulate_custom_policy, **parameters, ResourceArns=there)
    assert (code, message.rpartition(": ")[2]) == ("InvalidInput", "network-interface, subnet, volume")
    there += [arn("network-interface", "*"), arn("subnet", "subnet-1"), arn("volume", "*")]
    reply = world.iam.simulate_custom_policy(**parameters, ResourceArns=there)
    assert decisions(reply) == ["allowed"]
    assert len(reply["EvaluationResults"][0]["ResourceSpecificResults"]) == 6
    assert (
        refused(world.iam.simulate_custom_policy, **{**parameters, "ResourceHandlingOption": "EC2"})[0]
        == "InvalidInput"
    )


def test_an_organisation_limits_at_every_level(world: World) -> None:
    full = {"ServiceControlPolicyInputList": [document(allow("*"))]}
    narrow = {"ServiceControlPolicyInputList": [document(allow("ec2:*")), document(allow("iam:*"))]}
    parameters = {
        "PolicyInputList": [document(allow("*"))],
        "ActionNames": ["s3:GetObject", "ec2:RunInstances"],
    }
    answered = world.iam.simulate_custom_policy(
        **parameters, OrderedOrganizationPolicyInputList=[full, narrow]
    )
    assert decisions(answered) == ["implicitDeny", "allowed"]
    details = [result["OrganizationsDecisionDetail"] for result in answered["EvaluationResults"]]
    assert details == [{"AllowedByOrganizations": False}, {"AllowedByOrganizations": True}]


def test_there_is_one_permissions_boundary(world: World) -> None:
    parameters = {"PolicyInputList": [document(allow("*"))], "ActionNames": ["s3:GetObject"]}
    twice = [document(allow("s3:*")), document(allow("ec2:*"))]
    refusal = refused(
        world.iam.simulate_custom_policy, **parameters, PermissionsBoundaryPolicyInputList=twice
    )
    assert refusal[0] == "InvalidInput"


def test_results_are_paged(world: World) -> None:
    parameters = {"PolicyInputList": [document(allow("*"))], "ActionNames": ["s3:A", "s3:B", "s3:C"]}
    first = world.iam.simulate_custom_policy(**parameters, MaxItems=2)
    second = world.iam.simulate_custom_policy(**parameters, Marker=first["Marker"])
    names = [result["EvalActionName"] for page in (first, second) for result in page["EvaluationResults"]]
    assert names == ["s3:A", "s3:B", "s3:C"]
    assert not second["IsTruncated"]
    beyond = {**parameters, "Marker": "OTk5"}
    assert world.iam.simulate_custom_policy(**beyond)["EvaluationResults"] == []
    assert (
        refused(world.iam.simulate_custom_policy, **{**parameters, "Marker": "eHg="})[0] == "ValidationError"
    )


def test_context_keys_are_listed_once(world: World) -> None:
    text = document(
        allow(
            "s3:*", "arn:aws:s3:::${aws:username}/*", Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}
        ),
        allow("s3:*", Condition={"StringEquals": {"AWS:sourcevpc": "vpc-1"}}),
    )
    custom = world.iam.get_context_keys_for_custom_policy(PolicyInputList=[text])["ContextKeyNames"]
    assert sorted(custom) == ["aws:SourceVpc", "aws:username"]
    world.iam.create_user(UserName="bob")
    world.iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=text)
    arn = f"arn:aws:iam::{ACCOUNT}:user/bob"
    of_bob = world.iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"]
    assert sorted(of_bob) == sorted(custom)


def test_what_is_no_principal_is_refused_and_permission_is_needed(world: World) -> None:
    def simulate(arn: str, client: Any = world.iam) -> str:
        return refused(client.simulate_principal_policy, PolicySourceArn=arn, ActionNames=["s3:A"])[0]

    assert simulate(f"arn:aws:iam::{ACCOUNT}:user/nobody") == "NoSuchEntity"
    assert simulate("nonsense but long enough") == "InvalidInput"
    assert simulate(f"arn:aws:iam::{OTHER_ACCOUNT}:user/x") == "InvalidInput"
    own = f"arn:aws:iam::{ACCOUNT}:user/bob"
    bob = world.user("bob", allow("iam:SimulatePrincipalPolicy", own))
    assert bob.simulate_principal_policy(PolicySourceArn=own, ActionNames=["s3:A"])
    assert simulate(f"arn:aws:iam::{ACCOUNT}:user/nobody", bob) == "AccessDenied"
    for operation, parameters in (
        (bob.simulate_custom_policy, {"PolicyInputList": ["x"], "ActionNames": ["s3:A"]}),
        (bob.get_context_keys_for_custom_policy, {"PolicyInputList": ["x"]}),
        (bob.get_context_keys_for_principal_policy, {"PolicySourceArn": own}),
    ):
        assert refused(operation, **parameters)[0] == "AccessDenied"
