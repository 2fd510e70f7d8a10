"""The web part: tracked links and the pages of readers, and the console.

In:  requests from readers, mail scanners and mailbox providers; and from the people who work here.
Out: redirects, pages, hits. The app is made by `create_app`, run by `serve`.
"""
