"""Floor 4: from an access key or session token to a principal with its linked policies, and the minting of credentials."""
