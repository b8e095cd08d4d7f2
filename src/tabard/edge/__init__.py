"""Floor 6: where requests come in: the HTTP server, the pipeline, the metadata listener, the SSH front door."""
