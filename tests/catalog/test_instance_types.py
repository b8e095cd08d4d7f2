import botocore.session
import pytest
from botocore.model import StructureShape
from botocore.validate import ParamValidator

from tabard.catalog import instance_types


@pytest.mark.parametrize(
    ("name", "vcpus", "memory_mib", "architecture", "hypervisor", "burstable"),
    [
        ("t2.micro", 1, 1024, "x86_64", "xen", True),
        ("t3.nano", 2, 512, "x86_64", "nitro", True),
        ("t3.micro", 2, 1024, "x86_64", "nitro", True),
        ("t3a.large", 2, 8192, "x86_64", "nitro", True),
        ("t4g.small", 2, 2048, "arm64", "nitro", True),
        ("m5.large", 2, 8192, "x86_64", "nitro", False),
        ("m6i.4xlarge", 16, 65536, "x86_64", "nitro", False),
        ("m7i.xlarge", 4, 16384, "x86_64", "nitro", False),
        ("c5.large", 2, 4096, "x86_64", "nitro", False),
        ("c6i.2xlarge", 8, 16384, "x86_64", "nitro", False),
        ("c7i.large", 2, 4096, "x86_64", "nitro", False),
        ("r5.large", 2, 16384, "x86_64", "nitro", False),
        ("r6i.xlarge", 4, 32768, "x86_64", "nitro", False),
    ],
)
def test_sizes_are_as_published(
    name: str, vcpus: int, memory_mib: int, architecture: str, hypervisor: str, *, burstable: bool
) -> None:
    found = instance_types.get(name)

    assert found is not None
    assert (found.vcpus, found.memory_mib, found.hypervisor) == (vcpus, memory_mib, hypervisor)
    assert architecture in found.architectures
    assert found.burstable is burstable
    assert found.family == name.partition(".")[0]


def test_a_type_that_is_not_offered_is_none() -> None:
    assert instance_types.get("t3.gigantic") is None
    assert instance_types.get("") is None


def test_every_description_fits_the_shape_that_describe_instance_types_returns() -> None:
    loaded = instance_types.instance_types()
    shape = botocore.session.get_session().get_service_model("ec2").shape_for("InstanceTypeInfo")
    assert isinstance(shape, StructureShape)
    validator = ParamValidator()

    assert len(loaded) >= 100
    for name, found in loaded.items():
        assert found.description["InstanceType"] == name
        assert not set(found.description) - set(shape.members)
        assert not validator.validate(found.description, shape).has_errors()


def test_families_stand_together_from_small_to_large() -> None:
    listed = [(found.family, found.memory_mib) for found in instance_types.instance_types().values()]

    assert listed == sorted(listed)
