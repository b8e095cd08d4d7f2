"""Floor 5: a package per service, a module per noun, a function per operation, named as AWS's API names it.

``operation.py`` is the contract between an operation and the pipeline that runs it."""
