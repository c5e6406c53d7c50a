/// The page at the console's root: that it runs, and where to point a client.
enum FrontPage {
    /// `gatewayURL` is our own address, so there is nothing in the page to escape.
    static func html(_ gatewayURL: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Purser</title>
        <style>
        :root { color-scheme: light dark; }
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; }
        body { margin: 3rem auto; padding: 0 1rem; }
        code, pre { font-family: ui-monospace, monospace; }
        pre { padding: 1rem; border: 1px solid; border-radius: .5rem; overflow-x: auto; }
        </style>
        </head>
        <body>
        <h1>Purser is running</h1>
        <p>Point your client at the gateway and use the key you were given:</p>
        <pre>base URL  \(gatewayURL)/api/v1</pre>
        <p>OpenAI clients may use <code>\(gatewayURL)/v1</code>. What you have spent, what you
        have left and when it resets: <code>GET \(gatewayURL)/api/v1/me</code> with your key.</p>
        <p><a href="/healthz">health</a> · <a href="/readyz">readiness</a> ·
        <a href="/metrics">metrics</a></p>
        </body>
        </html>

        """
    }
}
