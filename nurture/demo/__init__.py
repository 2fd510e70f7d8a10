"""The demo: the main job on the sample workspace, for real, in a folder of its own.

Nothing is imitated but the people: a real store, real SMTP into a local mailbox, real requests on
the tracked links, by readers and by a mail scanner.
"""
