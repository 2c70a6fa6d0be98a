/* SPDX-License-Identifier: Apache-2.0
 *
 * The page where a person lets a device in. It is the same for everybody: the code is read from the address, and the
 * key is sent by the page to the native API, in the browser. Nothing is inserted here, so nothing can be smuggled in.
 */
#include "api/conductorone/credentials.h"

static const char page[] =
    "<!doctype html>\n"
    "<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>Let a device in</title>\n"
    "<style>body{font:1rem/1.5 system-ui;max-width:32rem;margin:3rem auto;padding:0 1rem}"
    "label{display:block;margin:1rem 0}input{display:block;width:100%;font:inherit;padding:.4rem;box-sizing:border-box}"
    "button{font:inherit;padding:.4rem 1rem;margin-right:.5rem}</style>\n"
    "<h1>Let a device in</h1>\n"
    "<p>A program shows you a code. If you started it, and the code is the same, approve it: it may then do in your "
    "name what you may.</p>\n"
    "<form id=\"form\"><label>Code<input id=\"code\" autocomplete=\"off\" required></label>\n"
    "<label>Your API key<input id=\"key\" type=\"password\" autocomplete=\"off\" required></label>\n"
    "<button name=\"approve\">Approve</button><button name=\"deny\">Deny</button></form>\n"
    "<p id=\"says\" role=\"status\"></p>\n"
    "<script>\n"
    "const at = (id) => document.getElementById(id);\n"
    "at('code').value = new URLSearchParams(location.search).get('user_code') ?? '';\n"
    "at('form').addEventListener('submit', async (event) => {\n"
    "  event.preventDefault();\n"
    "  const approve = event.submitter?.name !== 'deny';\n"
    "  const code = at('code').value.trim().toUpperCase();\n"
    "  const r = await fetch('/doorward/v1/device-authorizations/' + encodeURIComponent(code), {\n"
    "    method: 'POST', headers: {'Authorization': 'Bearer ' + at('key').value, 'Content-Type': 'application/json'},\n"
    "    body: JSON.stringify({approve}),\n"
    "  });\n"
    "  const answer = await r.json();\n"
    "  at('says').textContent = !r.ok ? answer.detail : approve ? answer.client + ' is let in.' : answer.client + ' is "
    "refused.';\n"
    "  at('key').value = '';\n"
    "});\n"
    "</script>\n";

void c1_device_page(struct api_call *call)
{
	struct http_exchange *x = call->x;

	buf_clear(&x->out);
	buf_add(&x->out, (struct str){page, sizeof(page) - 1});
	x->status = 200;
	x->content_type = STR("text/html; charset=utf-8");
	http_answer_header(x, STR("Cache-Control"), STR("no-store"));
	http_answer_header(x, STR("Referrer-Policy"), STR("no-referrer"));
	http_answer_header(x, STR("X-Content-Type-Options"), STR("nosniff"));
	http_answer_header(x, STR("Content-Security-Policy"),
	                   STR("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
	                       "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
}
