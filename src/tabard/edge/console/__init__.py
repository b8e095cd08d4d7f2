"""The console's listener: its pages, signing in, and the public API, on one origin of their own.

The console holds no privilege: signing in yields session credentials, and everything else is the API, called from the browser.
Nothing that a bucket holds can run as a page here: every API reply is sandboxed, and scripts come from the pages' own folder.
"""

from tabard.edge.console.files import Pages
from tabard.edge.console.links import SignInLinks
from tabard.edge.console.listener import ConsoleListener
from tabard.edge.console.sign_in import SignIn

__all__ = ["ConsoleListener", "Pages", "SignIn", "SignInLinks"]
