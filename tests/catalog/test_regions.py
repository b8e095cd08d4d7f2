import re

import botocore.session

from tabard.catalog import regions


def test_every_region_of_the_partition_has_its_published_name() -> None:
    session = botocore.session.get_session()
    endpoints = session.get_component("data_loader").load_data("endpoints")
    aws = next(each for each in endpoints["partitions"] if each["partition"] == "aws")
    published = {name: region["description"] for name, region in aws["regions"].items()}

    assert {name: region.long_name for name, region in regions.regions().items()} == published


def test_us_east_1_is_on_for_everyone_and_has_six_zones() -> None:
    region = regions.get("us-east-1")

    assert region is not None
    assert region.opt_in_status == "opt-in-not-required"
    assert region.endpoint == "ec2.us-east-1.amazonaws.com"
    assert [zone.name[-1] for zone in region.zones] == list("abcdef")
    assert {zone.zone_id for zone in region.zones} == {f"use1-az{number}" for number in range(1, 7)}
    assert region.zones[0].group_name == "us-east-1-zg-1"


def test_younger_regions_must_be_asked_for() -> None:
    opt_in = {region.name for region in regions.regions().values() if region.opt_in_required}

    assert {"af-south-1", "ap-east-1", "me-south-1", "il-central-1"} <= opt_in
    assert len(regions.regions()) - len(opt_in) == 17


def test_zones_are_named_after_their_region_and_ids_are_unique() -> None:
    zones = regions.zones()

    assert len({zone.zone_id for zone in zones.values()}) == len(zones) >= 100
    for name, zone in zones.items():
        assert name == zone.name
        assert re.fullmatch(re.escape(zone.region) + "[a-f]", zone.name)
        assert re.fullmatch(r"[a-z]{3,4}\d-az[1-6]", zone.zone_id)


def test_a_region_that_does_not_exist_is_none() -> None:
    assert regions.get("us-east-9") is None
    assert regions.get("") is None
