"""The commands that people type: `tabard up`, `env`, `doctor`, `lab`, `evaluate`. Each is a module, imported when asked for."""
