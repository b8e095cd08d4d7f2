"""Makes instances be what their records say: launches, reboots, stops and ends machines, also after a crash.

Effects follow records. An operation commits what is wanted (``pending``, a higher ``boot``, ``stopping``,
``shutting-down``) and wakes the reconciler; each instance has one task at a time, which looks at the record, does
what is missing and records what it did, until there is nothing to do. Everything may be done again: a server that was
killed starts over from the records, and what was ``running`` boots again with its id, addresses, home and profile.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import msgspec

from tabard.catalog import instance_types
from tabard.compute import guest
from tabard.compute.port import ComputeError, MachineSpec
from tabard.compute.run import run
from tabard.compute.user_data import run_user_data
from tabard.core.errors import AwsError
from tabard.services.ec2 import instance_view
from tabard.services.ec2.addresses import AddressPool
from tabard.services.ec2.profile_associations import REMEMBERED
from tabard.store.ec2 import StateReason

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from pathlib import Path

    from tabard.compute.port import Driver, Machine
    from tabard.core.sources import Clock, Random
    from tabard.store.ec2 import Instance, InstanceState
    from tabard.store.port import Store, View

log = logging.getLogger(__name__)

LAUNCHES_AT_ONCE = 8
DOORS_TRIED = 3
SWEEP_EVERY = 60.0
"""Seconds between looks for what is due without anybody's asking."""
TERMINATED_SHOWN = 3600.0
"""Seconds for which a terminated instance is still described."""
CONSOLE_AT_MOST = 64 * 1024
"""Bytes of the console log that are kept: the last ones, as on AWS."""

LAUNCH_FAILED = StateReason("Server.InternalError", "Server.InternalError: Internal error on launch")
SHUT_DOWN_INSIDE = StateReason(
    "Client.InstanceInitiatedShutdown", "Client.InstanceInitiatedShutdown: Instance initiated shutdown"
)


class Doors(Protocol):
    """What is opened for a machine: its metadata and API listeners, its SSH door. Given by ``app.py``.

    ``open`` raises ``OSError`` where the instance's public address cannot be listened on, having opened nothing.
    """

    async def open(self, instance: Instance, machine: Machine) -> None: ...  # noqa: D102 - said above
    async def close(self, instance_id: str) -> None: ...  # noqa: D102 - said above


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where instances live on this host: ``folder`` holds a directory per instance; ``tools`` is where the AWS CLI
    is.
    """

    folder: Path
    api_address: tuple[str, int]
    tools: Path | None = None
    binds: Sequence[Path] = ()

    def home(self, instance_id: str) -> Path:
        """An instance's lasting files."""
        return self.folder / instance_id / "home"

    def console(self, instance_id: str) -> Path:
        """An instance's console log."""
        return self.folder / instance_id / "console.log"


@dataclass(slots=True)
class _Held:
    """A machine: which record it was launched for, whether it ended by itself, and what goes on beside it."""

    instance: Instance
    machine: Machine
    ended: bool = False
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class InstanceReconciler:
    """Runs the instances of one node. For the event loop's thread only; see ``runtime.Instances``."""

    def __init__(
        self, store: Store, driver: Driver, doors: Doors, site: Site, clock: Clock, random: Random
    ) -> None:
        self._store = store
        self._driver = driver
        self._doors = doors
        self._site = site
        self._clock = clock
        self._random = random
        self._held: dict[str, _Held] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._launching = asyncio.Semaphore(LAUNCHES_AT_ONCE)
        self._sweeping: asyncio.Task[None] | None = None
        self._stopped = False

    # what the rest of the server asks

    def machine(self, instance_id: str) -> Machine | None:
        """The running machine of an instance."""
        held = self._held.get(instance_id)
        return None if held is None else held.machine

    def authorized_keys(self, instance_id: str) -> Sequence[str]:
        """The public keys with which ``ec2-user`` may log in."""
        held = self._held.get(instance_id)
        return [] if held is None or held.instance.public_key is None else [held.instance.public_key]

    def console(self, instance: Instance) -> tuple[bytes, float] | None:
        """The end of an instance's console log, and when it was last written to (seconds since the epoch)."""
        path = self._site.console(instance.id)
        try:
            return path.read_bytes()[-CONSOLE_AT_MOST:], path.stat().st_mtime
        except OSError:
            return None

    def wake(self, account: str, instance_id: str) -> None:
        """Look at an instance's record (again) and bring about what it says."""
        if self._stopped:
            return
        self._again.add(instance_id)
        if instance_id not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._work(account, instance_id))
            self._tasks[instance_id] = task

    async def start(self) -> None:
        """Take up the records: whatever is to run is booted, whatever was being ended is ended.

        What ran when the server ended is ``pending`` at return, as after a start, until it runs again.
        """
        self._site.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._boot_again()
        for instance in self._store.read().ec2.instances.everywhere():
            if instance.state not in {"stopped", "terminated"}:
                self.wake(instance.account, instance.id)
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep_forever())

    async def _boot_again(self) -> None:
        """Record of what is said to run that it does not yet. Nothing is left of an earlier boot, so this is another."""
        everywhere = self._store.read().ec2.instances.everywhere()
        running = [each for each in everywhere if each.state == "running"]

        def job(view: View) -> None:
            for each in running:
                changed = msgspec.structs.replace(
                    each, state="pending", boot=each.boot + 1, state_changed_at=self._clock()
                )
                view.ec2.instances.put(changed)

        if not running:
            return
        try:
            await self._store.write(job)
        except (
            AwsError
        ) as error:  # a full disk: they are booted all the same, and say too early that they run
            log.error("it could not be recorded that %d instances boot again: %s", len(running), error)  # noqa: TRY400 - the writer has told more

    async def stop(self) -> None:
        """End every machine and leave the records as they are, for the next start."""
        self._stopped = True
        tasks = list(self._tasks.values())
        if self._sweeping is not None:
            tasks.append(self._sweeping)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(
            *(self._end(instance_id) for instance_id in list(self._held)), return_exceptions=True
        )

    async def settled(self) -> None:
        """Wait until nothing is left to do for any instance."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    # one instance

    async def _work(self, account: str, instance_id: str) -> None:
        try:
            while instance_id in self._again:
                self._again.discard(instance_id)
                await self._reconcile(account, instance_id)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("%s could not be made to be what its record says; it is tried again", instance_id)
        finally:
            self._tasks.pop(instance_id, None)
            if instance_id in self._again:
                self.wake(account, instance_id)

    async def _reconcile(self, account: str, instance_id: str) -> None:
        instance = self._store.read().ec2.instances.find(account, instance_id)
        held = self._held.get(instance_id)
        match instance:
            case None:
                await self._end(instance_id)
            case _ if instance.state in {"pending", "running"}:
                if held is not None and held.instance.boot != instance.boot:
                    await self._end(instance_id)
                    held = None
                if held is not None and held.ended:
                    await self._shut_down_inside(instance)
                    self._again.add(instance_id)
                    return
                if held is None:
                    async with self._launching:
                        await self._launch(instance)
                elif instance.state == "pending":
                    await self._record(instance, "running")
            case _ if instance.state == "stopping":
                await self._end(instance_id)
                await self._record(instance, "stopped", public_ip=None)
            case _ if instance.state == "shutting-down":
                await self._end(instance_id)
                await self._delete_home(instance_id)
                await self._record(instance, "terminated", public_ip=None, private_ip=None)
            case _:
                await self._end(instance_id)

    async def _launch(self, instance: Instance) -> None:
        try:
            machine = await self._driver.launch(self._spec(instance))
        except ComputeError as error:
            log.warning("%s was not launched: %s", instance.id, error)
            await self._fail(instance, str(error))
            return
        held = self._held[instance.id] = _Held(instance, machine)
        try:
            held.instance = instance = await self._open(instance, machine)
        except OSError as error:
            log.warning("%s has no address to be reached at: %s", instance.id, error)
            await self._end(instance.id)
            await self._fail(instance, str(error))
            return
        except BaseException:
            await self._end(instance.id)
            raise
        if instance.state == "pending":
            await self._record(instance, "running")
        self._beside(held, self._watch(held))
        if machine.first_boot:
            self._beside(held, self._first_boot(held))

    async def _open(self, instance: Instance, machine: Machine) -> Instance:
        """Open the doors; where the public address cannot be had on this host, try others."""
        for _ in range(DOORS_TRIED):
            try:
                await self._doors.open(instance, machine)
            except OSError as error:
                if instance.public_ip is None:
                    raise
                log.info("%s cannot have %s: %s", instance.id, instance.public_ip, error)
                instance = await self._store.write(self._other_address(instance))
            else:
                return instance
        await self._doors.open(instance, machine)
        return instance

    def _other_address(self, instance: Instance) -> Callable[[View], Instance]:
        def job(view: View) -> Instance:
            present = view.ec2.instances.find(instance.account, instance.id)
            if present is None or present.private_ip is None:
                return instance
            pool = AddressPool(view, present.account, present.region, self._random)
            changed = msgspec.structs.replace(present, public_ip=pool.take_public(present.private_ip))
            view.ec2.instances.put(changed)
            return msgspec.structs.replace(instance, public_ip=changed.public_ip)

        return job

    def _spec(self, instance: Instance) -> MachineSpec:
        kind = instance_types.get(instance.instance_type)
        address = instance.private_ip or ""
        host, port = self._site.api_address
        return MachineSpec(
            instance_id=instance.id,
            hostname=instance_view.host_name(address),
            private_ip=address,
            public_ip=instance.public_ip,
            home=self._site.home(instance.id),
            api_address=self._site.api_address,
            cpu=float(kind.vcpus) if kind is not None else 1.0,
            memory_bytes=(kind.memory_mib if kind is not None else 1024) << 20,
            environment={
                "AWS_ENDPOINT_URL": f"http://{host}:{port}",
                "AWS_REGION": instance.region,
                "AWS_DEFAULT_REGION": instance.region,
            },
            authorized_keys=() if instance.public_key is None else (instance.public_key,),
            binds=self._site.binds,
            tools=self._site.tools,
        )

    async def _end(self, instance_id: str) -> None:
        """Close the doors of a machine and end it; nothing happens where none runs."""
        held = self._held.pop(instance_id, None)
        if held is None:
            return
        for task in held.tasks:
            task.cancel()
        try:
            await self._doors.close(instance_id)
        finally:
            await held.machine.terminate()

    async def _fail(self, instance: Instance, why: str) -> None:
        """Record that a launch failed: a new instance ends, one that ran before is stopped and keeps its home."""
        await asyncio.to_thread(self._say, instance.id, f"The instance was not started: {why}\n")
        if instance.state == "pending" and instance.boot == 1:
            await self._delete_home(instance.id)
            await self._record(instance, "terminated", LAUNCH_FAILED, public_ip=None, private_ip=None)
        else:
            await self._record(instance, "stopped", LAUNCH_FAILED, public_ip=None)

    async def _record(
        self,
        instance: Instance,
        state: InstanceState,
        reason: StateReason | None = None,
        **members: str | None,
    ) -> None:
        """Record that an instance came into a state, unless something else is wanted of it by now."""

        def job(view: View) -> None:
            present = view.ec2.instances.find(instance.account, instance.id)
            if present is None or present.state != instance.state or present.boot != instance.boot:
                return
            changed = msgspec.structs.replace(present, state=state, state_changed_at=self._clock(), **members)
            if reason is not None:
                changed = msgspec.structs.replace(changed, state_reason=reason, transition_reason=reason.code)
            view.ec2.instances.put(changed)
            if state == "terminated":
                _end_associations(view, changed, self._clock())

        await self._store.write(job)

    # beside a running machine

    def _beside(self, held: _Held, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        held.tasks.add(task)

        def finished(task: asyncio.Task[None]) -> None:
            held.tasks.discard(task)
            if not task.cancelled() and task.exception() is not None:
                log.error("beside %s something failed", held.instance.id, exc_info=task.exception())

        task.add_done_callback(finished)

    async def _watch(self, held: _Held) -> None:
        """Note when a machine ends by itself."""
        await held.machine.wait()
        if self._held.get(held.instance.id) is held:
            held.ended = True
            self.wake(held.instance.account, held.instance.id)

    async def _shut_down_inside(self, instance: Instance) -> None:
        """A machine ended by itself: its instance stops, or is terminated where it was asked to be."""

        def job(view: View) -> None:
            present = view.ec2.instances.find(instance.account, instance.id)
            if (
                present is None
                or present.state not in {"pending", "running"}
                or present.boot != instance.boot
            ):
                return
            wanted: InstanceState = (
                "shutting-down" if present.shutdown_behavior == "terminate" else "stopping"
            )
            view.ec2.instances.put(
                msgspec.structs.replace(
                    present,
                    state=wanted,
                    state_changed_at=self._clock(),
                    state_reason=SHUT_DOWN_INSIDE,
                    transition_reason="",
                )
            )

        await self._store.write(job)

    async def _first_boot(self, held: _Held) -> None:
        """Run the user data and keep what it printed."""
        instance, machine = held.instance, held.machine
        data = self._store.read().ec2.instances.user_data(instance.account, instance.id)
        if not data:
            return
        try:
            await run_user_data(machine, data)
            printed = await run(machine, ["/bin/cat", guest.CLOUD_INIT_LOG], limit=CONSOLE_AT_MOST)
        except ComputeError as error:
            log.warning("the user data of %s was not run to its end: %s", instance.id, error)
            return
        await asyncio.to_thread(self._say, instance.id, printed.stdout.decode(errors="replace"))

    def _say(self, instance_id: str, text: str) -> None:
        """Add to an instance's console log."""
        path = self._site.console(instance_id)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    # what is due without anybody's asking

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            try:
                await self.sweep()
            except Exception:
                log.exception("the sweep was not finished; it is tried again")

    async def sweep(self) -> None:
        """Forget what was terminated long ago, and see again to every instance that is not what its record says."""
        now = self._clock()
        everything = self._store.read().ec2.instances.everywhere()
        gone = [
            each
            for each in everything
            if each.state == "terminated" and each.state_changed_at + TERMINATED_SHOWN < now
        ]

        def forget(view: View) -> None:
            for each in gone:
                view.ec2.instances.delete(each)
                for resource in (each.id, each.volume_id, each.interface_id):
                    view.ec2.tags.put(each.account, each.region, resource, {})
            for account in {each.account for each in everything}:
                view.ec2.associations.prune(account, now - REMEMBERED)

        await self._store.write(forget)
        for each in everything:
            held = self._held.get(each.id)
            runs = held is not None and not held.ended
            settled = each.state in {"running", "stopped", "terminated"}
            if not settled or runs != (each.state == "running"):
                self.wake(each.account, each.id)
        known = {each.id for each in everything} - {each.id for each in gone}
        for left in await asyncio.to_thread(_instances_in, self._site.folder):
            if left not in known and left not in self._tasks:
                await self._remove(left)

    async def _delete_home(self, instance_id: str) -> None:
        """Delete an instance's home; its console log, where there is one, is kept for as long as it is described."""
        await self._driver.delete_home(self._site.home(instance_id))
        with suppress(OSError):
            (self._site.folder / instance_id).rmdir()

    async def _remove(self, instance_id: str) -> None:
        """Remove all that an instance leaves on the host."""
        await self._delete_home(instance_id)
        await asyncio.to_thread(shutil.rmtree, self._site.folder / instance_id, ignore_errors=True)


def _end_associations(view: View, instance: Instance, now: float) -> None:
    """Nothing that was delivered to an instance is honoured once it is terminated."""
    repository = view.ec2.associations
    present = repository.of_instance(instance.account, instance.id)
    for each in [
        *repository.past(instance.account, instance.id),
        *([present] if present is not None else []),
    ]:
        repository.put(msgspec.structs.replace(each, state="disassociated", ended_at=now))


def _instances_in(folder: Path) -> list[str]:
    """The ids of the instances that have something in the folder."""
    return [path.name for path in folder.iterdir() if path.name.startswith("i-")]
