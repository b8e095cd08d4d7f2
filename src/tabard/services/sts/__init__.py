"""AWS Security Token Service: https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html.

Importing the package registers its operations.
"""

from tabard.services.sts import (
    access_keys,
    assume_role,
    authorization_messages,
    caller_identity,
    federation_tokens,
    privileged_sessions,
    saml,
    session_tokens,
    web_identity,
    web_identity_tokens,
)

__all__ = [
    "access_keys",
    "assume_role",
    "authorization_messages",
    "caller_identity",
    "federation_tokens",
    "privileged_sessions",
    "saml",
    "session_tokens",
    "web_identity",
    "web_identity_tokens",
]
