"""Whatever a client sends is answered or refused in AWS's words: never with a failure of ours."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import botocore.session
import pytest

import tabard.services.ec2  # noqa: F401 - importing a service registers its operations
from tabard.services.operation import OPERATIONS

if TYPE_CHECKING:
    from tests.services.ec2.world import World

MODEL = botocore.session.get_session().get_service_model("ec2")
NAMES = sorted(name for service, name in OPERATIONS if service == "ec2")
WORDS = [
    "",
    " ",
    "x",
    "*",
    "é\u0000\ud7ff\U0001f600",
    "a" * 300,
    "-1",
    "true",
    "i-0123456789abcdef0",
    "i-",
    "ami-0123456789abcdef0",
    "sg-0123456789abcdef0",
    "arn:aws:iam::111122223333:instance-profile/app",
    "arn:aws:iam::111122223333:role/app",
    "arn:::::",
    "10.0.0.0/8",
    "::/0",
    "app",
    "default",
    "instance",
    "running",
    "tag:",
    "tag:Name",
    "instance-id",
    "us-east-1a",
    "required",
    "[[((\\",
]
NUMBERS = [-(2**31), -1, 0, 1, 2, 5, 64, 1000, 65_535, 2**31 - 1]


class Guesser:
    """Makes requests of a shape's form out of words that mean something somewhere."""

    def __init__(self, seed: int, known: list[str]) -> None:
        self.choose = random.Random(seed)  # noqa: S311 - tests, not secrets
        self.words = WORDS + known * 3

    def value(self, shape: Any, depth: int = 0) -> Any:
        choose = self.choose
        match shape.type_name:
            case "structure":
                likely = 0.1 if depth == 0 and len(shape.members) > 12 else 0.4
                required = set(shape.required_members)
                return {
                    name: self.value(member, depth + 1)
                    for name, member in shape.members.items()
                    if name in required or (choose.random() < likely and depth < 6)
                }
            case "list":
                return [self.value(shape.member, depth + 1) for _ in range(choose.choice([0, 1, 1, 2, 3]))]
            case "integer" | "long":
                return choose.choice(NUMBERS)
            case "double" | "float":
                return choose.random()
            case "boolean":
                return choose.random() < 0.5
            case "timestamp":
                return 1_700_000_000
            case "blob":
                return choose.choice(self.words).encode(errors="replace")
            case _:
                if getattr(shape, "enum", None) and choose.random() < 0.7:
                    return choose.choice(shape.enum)
                return choose.choice(self.words)


def known_ids(world: World) -> list[str]:
    world.profile("app")
    world.ec2.create_key_pair(KeyName="app", KeyType="ed25519")
    (instance,) = world.launch(IamInstanceProfile={"Name": "app"})
    associations = world.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    return [
        instance["InstanceId"],
        instance["ImageId"],
        instance["VpcId"],
        instance["SubnetId"],
        instance["SecurityGroups"][0]["GroupId"],
        instance["NetworkInterfaces"][0]["NetworkInterfaceId"],
        instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"],
        associations[0]["AssociationId"],
    ]


@pytest.mark.parametrize("seed", range(3))
def test_every_operation_answers_whatever_it_is_asked(world: World, seed: int) -> None:
    guesser = Guesser(seed, known_ids(world))
    outcomes: dict[str, int] = {}
    ours: list[Any] = []
    for name in NAMES * 4:
        operation = MODEL.operation_model(name)
        request = guesser.value(operation.input_shape) if operation.input_shape is not None else {}
        if name == "RunInstances":
            request = {"ImageId": world.image, **request, "MinCount": 1, "MaxCount": 1}
        if name == "CreateKeyPair":
            request["KeyType"] = "ed25519"
        try:
            world.ec2._make_api_call(name, request)
            outcome = "done"
        except botocore.exceptions.ClientError as error:
            outcome = error.response["Error"]["Code"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status >= 500:
                ours.append((name, request, str(error)))
        except botocore.exceptions.ParamValidationError:
            outcome = "not sent"
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    world.settle()
    assert ours == []
    assert outcomes["done"] > len(NAMES) // 8
    assert len(outcomes) > 8
