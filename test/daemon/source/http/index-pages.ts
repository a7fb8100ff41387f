/** Index pages as servers write them, by the structure their documentation and sources give; texts of our own. */

/** Apache's mod_autoindex with FancyIndexing, its default in many distributions. */
export const APACHE_FANCY = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html>
 <head>
  <title>Index of /pub/models</title>
 </head>
 <body>
<h1>Index of /pub/models</h1>
<pre><img src="/icons/blank.gif" alt="Icon "> <a href="?C=N;O=D">Name</a>                    <a href="?C=M;O=A">Last modified</a>      <a href="?C=S;O=A">Size</a>  <a href="?C=D;O=A">Description</a><hr><img src="/icons/back.gif" alt="[PARENTDIR]"> <a href="/pub/">Parent Directory</a>                             -   
<img src="/icons/folder.gif" alt="[DIR]"> <a href="shards/">shards/</a>                 2024-01-02 03:04    -   
<img src="/icons/unknown.gif" alt="[   ]"> <a href="model.safetensors">model.safetensors</a>       2024-01-02 03:04  1.2G  weights
<img src="/icons/text.gif" alt="[TXT]"> <a href="read%20me%20%231%3f.txt">read me #1?.txt</a>         2024-01-02 03:05  512   
<img src="/icons/unknown.gif" alt="[   ]"> <a href="a%26b%20%22c%22.bin">a&amp;b &quot;c&quot;.bin</a>             2024-01-02 03:05    0   
<hr></pre>
<address>Apache/2.4.57 (Debian) Server at files.example Port 80</address>
</body></html>
`;

/** The same module with IndexOptions HTMLTable IconsAreLinks. */
export const APACHE_TABLE = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">
<html>
 <head>
  <title>Index of /pub/models</title>
 </head>
 <body>
<h1>Index of /pub/models</h1>
  <table>
   <tr><th valign="top"><img src="/icons/blank.gif" alt="[ICO]"></th><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th><th><a href="?C=S;O=A">Size</a></th><th><a href="?C=D;O=A">Description</a></th></tr>
   <tr><th colspan="5"><hr></th></tr>
<tr><td valign="top"><a href="/pub/"><img src="/icons/back.gif" alt="[PARENTDIR]"></a></td><td><a href="/pub/">Parent Directory</a></td><td>&nbsp;</td><td align="right">  - </td><td>&nbsp;</td></tr>
<tr><td valign="top"><a href="shards/"><img src="/icons/folder.gif" alt="[DIR]"></a></td><td><a href="shards/">shards/</a></td><td align="right">2024-01-02 03:04  </td><td align="right">  - </td><td>&nbsp;</td></tr>
<tr><td valign="top"><a href="config.json"><img src="/icons/unknown.gif" alt="[   ]"></a></td><td><a href="config.json">config.json</a></td><td align="right">2024-01-02 03:04  </td><td align="right">570 </td><td>&nbsp;</td></tr>
<tr><td valign="top"><a href="model.bin"><img src="/icons/unknown.gif" alt="[   ]"></a></td><td><a href="model.bin">model.bin</a></td><td align="right">2024-01-02 03:04  </td><td align="right">4.9M</td><td>&nbsp;</td></tr>
   <tr><th colspan="5"><hr></th></tr>
</table>
</body></html>
`;

/** The same module without FancyIndexing. */
export const APACHE_PLAIN = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html>
 <head>
  <title>Index of /pub/models</title>
 </head>
 <body>
<h1>Index of /pub/models</h1>
<ul><li><a href="/pub/"> Parent Directory</a></li>
<li><a href="./odd:name.bin"> odd:name.bin</a></li>
<li><a href="shards/"> shards/</a></li>
</ul>
</body></html>
`;

/** nginx with exact sizes; the second file's name is cut in the text, not in the link. */
export const NGINX = `<html>
<head><title>Index of /pub/models/</title></head>
<body>
<h1>Index of /pub/models/</h1><hr><pre><a href="../">../</a>
<a href="shards/">shards/</a>                                            02-Jan-2024 03:04                   -
<a href="a-very-long-name-of-a-model-that-does-not-fit-into-the-column.bin">a-very-long-name-of-a-model-that-does-not-fit-..&gt;</a> 29-Feb-2024 23:59          5368709120
<a href="w%C3%B6rld%20%26%20co.bin">wörld &amp; co.bin</a>                                     02-Jan-2024 03:05                   0
</pre><hr></body>
</html>
`;

/** nginx with autoindex_exact_size off. */
export const NGINX_ROUNDED = NGINX.replace("5368709120", "        5G").replace(
  "                  0\n",
  "                 12\n",
);

/** Python's http.server. */
export const PYTHON = `<!DOCTYPE HTML>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Directory listing for /pub/models/</title>
</head>
<body>
<h1>Directory listing for /pub/models/</h1>
<hr>
<ul>
<li><a href="a%20b.bin">a b.bin</a></li>
<li><a href="link.bin">link.bin@</a></li>
<li><a href="shards/">shards/</a></li>
</ul>
<hr>
</body>
</html>
`;

/** lighttpd's mod_dirlisting. */
export const LIGHTTPD = `<!DOCTYPE html>
<html>
<head>
<title>Index of /pub/models/</title>
<style type="text/css">a { color: blue }</style>
</head>
<body>
<h2>Index of /pub/models/</h2>
<div class="list">
<table summary="Directory Listing" cellpadding="0" cellspacing="0">
<thead><tr><th class="n">Name</th><th class="m">Last Modified</th><th class="s">Size</th><th class="t">Type</th></tr></thead>
<tbody>
<tr class="d"><td class="n"><a href="../">..</a>/</td><td class="m">&nbsp;</td><td class="s">- &nbsp;</td><td class="t">Directory</td></tr>
<tr class="d"><td class="n"><a href="shards/">shards</a>/</td><td class="m">2024-Jan-02 03:04:05</td><td class="s">- &nbsp;</td><td class="t">Directory</td></tr>
<tr><td class="n"><a href="model.bin">model.bin</a></td><td class="m">2024-Jan-02 03:04:05</td><td class="s">4.9M</td><td class="t">application/octet-stream</td></tr>
</tbody>
</table>
</div>
<div class="foot">lighttpd</div>
</body>
</html>
`;

/** Go's net/http file server: no title. */
export const GO = `<!doctype html>
<meta name="viewport" content="width=device-width">
<pre>
<a href="model.bin">model.bin</a>
<a href="shards/">shards/</a>
</pre>
`;

/** nginx with autoindex_format json. */
export const NGINX_JSON = `[
{ "name":"shards", "type":"directory", "mtime":"Tue, 02 Jan 2024 03:04:05 GMT" },
{ "name":"braces {\\"[\\\\.bin", "type":"file", "mtime":"Tue, 02 Jan 2024 03:04:06 GMT", "size":5368709120 },
{ "name":"socket", "type":"other", "mtime":"Tue, 02 Jan 2024 03:04:06 GMT" }
]
`;

/** Caddy's file_server browse, to clients that accept JSON. */
export const CADDY_JSON =
  '[{"name":"shards/","size":4096,"url":"./shards/","mod_time":"2024-01-02T03:04:05.5Z","mode":2147484141,"is_dir":true,"is_symlink":false},' +
  '{"name":"model.bin","size":1234,"url":"./model.bin","mod_time":"2024-01-02T03:04:05Z","mode":420,"is_dir":false,"is_symlink":false}]\n';

/** A web site: links, but no listing. */
export const WEB_SITE = `<!DOCTYPE html><html><head><title>Our models</title></head><body>
<h1>Download the index of our models</h1>
<pre>example <a href="model.bin">model.bin</a></pre>
<a href="about">About</a> <a href="download/">Download</a></body></html>`;
