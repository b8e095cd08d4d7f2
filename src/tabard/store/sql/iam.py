"""IAM's repositories in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.store.sql.iam_accounts import SqlAccessKeys, SqlAccounts, SqlLastUses
from tabard.store.sql.iam_activity import SqlActivities
from tabard.store.sql.iam_credentials import SqlCredentials
from tabard.store.sql.iam_grants import SqlGrants
from tabard.store.sql.iam_groups import SqlGroups
from tabard.store.sql.iam_policies import SqlPolicies
from tabard.store.sql.iam_users import SqlInstanceProfiles, SqlRoles, SqlUsers

if TYPE_CHECKING:
    from tabard.store import iam, iam_credentials
    from tabard.store.sql.session import Session


class IamRepositories:
    """See ``tabard.store.iam.Repositories``."""

    def __init__(self, session: Session) -> None:
        keys = SqlAccessKeys(session)
        grants = SqlGrants(session)
        credentials = SqlCredentials(session)
        activities = SqlActivities(session)
        users = SqlUsers(session, keys, grants, credentials, activities)
        profiles = SqlInstanceProfiles(session)
        self.accounts: iam.Accounts = SqlAccounts(session)
        self.access_keys: iam.AccessKeys = keys
        self.last_uses: iam.LastUses = SqlLastUses(session)
        self.activities: iam.Activities = activities
        self.users: iam.Users = users
        self.groups: iam.Groups = SqlGroups(session, users, grants)
        self.roles: iam.Roles = SqlRoles(session, grants, profiles, credentials, activities)
        self.policies: iam.Policies = SqlPolicies(session)
        self.grants: iam.Grants = grants
        self.instance_profiles: iam.InstanceProfiles = profiles
        self.credentials: iam_credentials.Credentials = credentials
