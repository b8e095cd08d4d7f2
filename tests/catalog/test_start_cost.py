import subprocess
import sys

PROGRAM = """
import sys
import tabard.catalog
from tabard.catalog import condition_keys, instance_types, managed_policies
from tabard.catalog import regions, service_reference, tables
opened = []
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" else None)
assert tables._block.cache_info().currsize == 0
assert managed_policies._rows.cache_info().currsize == 0
assert service_reference._index.cache_info().currsize == 0
managed_policies.get("arn:aws:iam::aws:policy/AdministratorAccess").document
names = sorted(str(name).rpartition("/")[2] for name in opened)
print(*names, *sorted({"botocore", "asyncio", "sqlalchemy"} & set(sys.modules)))
"""


def test_importing_reads_no_table_and_a_look_up_reads_only_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["managed_policies.bodies", "managed_policies.index"]
