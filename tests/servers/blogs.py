"""Five blogs of one author as Medium, Substack, Hugo, WordPress and Ghost write them.

Each function takes a Site (its address and posts) and gives the pages it serves: {path: Page}. The
mark-up follows what the platforms' public themes write (PaperMod, Twenty Twenty-One, Casper): menus,
share bars, related posts, comments and newsletter boxes stand around the article as they do there. The
texts are those of examples/corpora.
"""

import dataclasses
import datetime
import html
import json
import re
from email.utils import format_datetime

CHROME = [  # words that stand around articles and must not be collected
    "Subscribe to the newsletter",
    "Share this on Facebook",
    "You might also like",
    "Leave a comment",
    "Lovely piece, thank you",
    "Proudly powered by",
    "Skip to content",
]


@dataclasses.dataclass
class Post:
    slug: str
    title: str
    date: datetime.datetime
    author: str
    tags: list
    paragraphs: list  # plain text

    @property
    def html(self):
        return "\n".join(f"<p>{html.escape(text, quote=False)}</p>" for text in self.paragraphs)

    @property
    def excerpt(self):
        return self.paragraphs[0][:140].rsplit(" ", 1)[0] + " …"


@dataclasses.dataclass
class Page:
    body: bytes
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict = dataclasses.field(default_factory=dict)
    times: dict = dataclasses.field(default_factory=dict)  # the nth request answered by another page
    slow: float = 0  # seconds over which the body comes
    cut: bool = False  # the connection breaks off in the middle


@dataclasses.dataclass
class Site:
    name: str
    url: str  # without a slash at its end
    posts: list  # newest first
    expected: dict = dataclasses.field(default_factory=dict)  # link -> post kept under it
    refused: dict = dataclasses.field(default_factory=dict)  # link -> words of the reason
    forbidden: list = dataclasses.field(default_factory=list)  # paths that robots.txt disallows


def text_page(text, media_type, **more):
    return Page(text.encode(), media_type, **more)


def page(text, **more):
    return Page(text.encode(), **more)


def moved(location, status=301):
    return Page(b"", status=status, headers={"Location": location})


def iso(date):
    return date.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def escape(text):
    return html.escape(text, quote=True)


def urlset(links):
    rows = "".join(f"<url><loc>{escape(link)}</loc><lastmod>2024-06-01</lastmod></url>\n" for link in links)
    return text_page(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n',
        "application/xml",
    )


def sitemap_index(links):
    rows = "".join(f"<sitemap><loc>{escape(link)}</loc></sitemap>\n" for link in links)
    return text_page(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</sitemapindex>\n',
        "application/xml",
    )


def rss(site, items, generator, title):
    return text_page(
        f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>{escape(title)}</title><link>{site.url}/</link><description></description><language>en</language>
<generator>{escape(generator)}</generator>
{"".join(items)}</channel></rss>
""",
        "application/rss+xml; charset=utf-8",
    )


def rss_item(link, post, content=None, description=None, creator=True, guid=None):
    tags = "".join(f"<category><![CDATA[{tag}]]></category>" for tag in post.tags)
    return (
        f"<item><title><![CDATA[{post.title}]]></title><link>{escape(link)}</link>"
        + (f"<dc:creator><![CDATA[{post.author}]]></dc:creator>" if creator else "")
        + f"<pubDate>{format_datetime(post.date)}</pubDate>{tags}"
        + f'<guid isPermaLink="false">{escape(guid or link)}</guid>'
        + f"<description><![CDATA[{description or post.excerpt}]]></description>"
        + (f"<content:encoded><![CDATA[{content}]]></content:encoded>" if content else "")
        + "</item>\n"
    )


def chunks(items, size):
    return [items[i : i + size] for i in range(0, len(items), size)] or [[]]


# --- Medium: stories on a domain of their own; some pages refuse crawlers, the feed has them whole ---


def medium(site):
    pages = {}
    links = {}
    for i, post in enumerate(site.posts):
        links[post.slug] = f"{site.url}/{post.slug}-{0x7A1B2C3D4E50 + i:012x}"
    head = """<header><div><a aria-label="Homepage" href="https://medium.com/">Medium</a><a href="https://medium.com/m/signin?operation=register">Sign up</a><a href="https://medium.com/m/signin">Sign in</a></div><input placeholder="Search"></header>"""
    for i, post in enumerate(site.posts):
        link = links[post.slug]
        linked = json.dumps(
            {
                "@context": "http://schema.org",
                "@type": "NewsArticle",
                "headline": post.title,
                "name": post.title,
                "datePublished": post.date.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "author": {"@type": "Person", "name": post.author, "url": "https://medium.com/@marenholt"},
                "publisher": {"@type": "Organization", "name": "Holt's Bench"},
                "mainEntityOfPage": link,
            }
        )
        body = "".join(f'<p id="{j:04x}" class="pw-post-body-paragraph ou ov gs ow b">{html.escape(t, quote=False)}</p>' for j, t in enumerate(post.paragraphs))
        others = "".join(
            f'<div class="l"><a href="{links[o.slug]}?source=post_page---read_next_recirc-----{j}"><h2 class="be hb">{escape(o.title)}</h2><h3>{escape(o.excerpt)}</h3></a><span>{j + 3} min read</span></div>'
            for j, o in enumerate(site.posts) if o is not post
        )
        pages[link[len(site.url) :]] = page(
            f"""<!doctype html><html lang="en"><head><title data-rh="true">{escape(post.title)} | by {escape(post.author)} | Medium</title>
<meta property="al:ios:app_name" content="Medium"><meta property="og:site_name" content="Medium"><meta property="og:type" content="article">
<meta property="article:published_time" content="{post.date.strftime("%Y-%m-%dT%H:%M:%S.000Z")}"><meta name="author" content="{escape(post.author)}"><meta property="og:title" content="{escape(post.title)}">
<link rel="canonical" href="{link}"><link rel="author" href="https://medium.com/@marenholt"><script type="application/ld+json">{linked}</script></head><body><div id="root"><div class="a b c">{head}
<article><div class="l"><div class="l"><section><div><div class="gr gs gt"><div><h1 id="1f2e" class="pw-post-title gu gv" data-testid="storyTitle">{escape(post.title)}</h1></div>
<div class="ab cn"><a rel="noopener follow" href="https://medium.com/@marenholt"><img alt="{escape(post.author)}" src="https://miro.medium.com/a.jpeg" data-testid="authorPhoto"></a><a data-testid="authorName" href="https://medium.com/@marenholt">{escape(post.author)}</a><button>Follow</button><span data-testid="storyReadTime">4 min read</span><span aria-hidden="true">·</span><span data-testid="storyPublishDate">{post.date.strftime("%b %-d, %Y")}</span></div>
<div class="speechify"><button>Listen</button><button>Share this on Facebook</button><span>{120 + i}</span></div>
{body}</div></div></section></div></div></article>
<div class="tags"><a href="https://medium.com/tag/craft?source=post">Craft</a></div>
<div class="author-card"><h2>Written by {escape(post.author)}</h2><span>1.2K Followers</span><button>Follow</button></div>
<div class="responses"><h2>Responses (1)</h2><p>Leave a comment</p><pre>Lovely piece, thank you</pre></div>
<div class="read-next"><h2>You might also like</h2>{others}</div>
<footer><a href="https://help.medium.com/">Help</a><a href="https://policy.medium.com/">Privacy</a></footer></div></div></body></html>"""
        )
        site.expected[link] = post
    refusing = list(pages)[-3:]  # what stands in front of Medium shows crawlers this
    for path in refusing:
        pages[path] = page(
            '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and cookies to continue</noscript></body></html>',
            status=403,
        )
    stories = "".join(
        f'<article data-testid="post-preview"><a href="/{links[p.slug].rsplit("/", 1)[1]}?source=user_profile---------{i}"><h2>{escape(p.title)}</h2><h3>{escape(p.excerpt)}</h3></a></article>'
        for i, p in enumerate(site.posts)
    )
    pages["/"] = page(
        f"""<!doctype html><html lang="en"><head><title>Holt's Bench – Medium</title><meta property="al:ios:app_name" content="Medium"><meta property="og:site_name" content="Medium"><link rel="alternate" type="application/rss+xml" title="RSS" href="{site.url}/feed"></head><body>{head}<main>{stories}</main></body></html>"""
    )
    items = [
        rss_item(
            f"{links[p.slug]}?source=rss----5a1b2c3d4e5f---4", p,
            content=p.html + f'<img src="https://medium.com/_/stat?event=post.clientViewed&referrerSource=full_rss&postId=7a1b{i}" width="1" height="1" alt=""><hr><p><a href="{links[p.slug]}">{escape(p.title)}</a> was originally published in <a href="{site.url}">Holt&#39;s Bench</a> on Medium, where people are continuing the conversation by highlighting and responding to this story.</p>',
            guid=f"https://medium.com/p/{0x7A1B2C3D4E50 + i:012x}",
        )
        for i, p in enumerate(site.posts)
    ]
    pages["/feed"] = rss(site, items, "Medium", "Holt's Bench - Medium")
    pages["/robots.txt"] = text_page("User-Agent: *\nDisallow: /m/\nDisallow: /me/\nDisallow: /*/*/search\nAllow: /_/\n", "text/plain")
    return pages


# --- Substack: an archive that an API pages through, a guest's post, one for paying readers ---


def substack(site):
    pages = {}
    menu = '<div class="main-menu"><a href="/">The Glue Pot</a><button>Subscribe</button><button>Sign in</button><div class="navbar"><a href="/archive">Archive</a><a href="/about">About</a></div></div>'
    guest, paid = site.posts[1], site.posts[4]
    entries = []
    for i, post in enumerate(site.posts):
        link = f"{site.url}/p/{post.slug}"
        text = post.paragraphs[:1] if post is paid else post.paragraphs
        body = "".join(f"<p>{html.escape(t, quote=False)}</p>" for t in text)
        body += '<div class="subscription-widget-wrap"><div class="subscription-widget show-subscribe"><div class="preamble"><p>Subscribe to the newsletter and get every post by mail.</p></div><form class="subscription-widget-subscribe"><input type="email" placeholder="Type your email…"><input type="submit" value="Subscribe"></form></div></div>'
        if post is paid:
            body += '<div data-testid="paywall" class="paywall"><h2>This post is for paid subscribers</h2><a href="/subscribe">Subscribe</a></div>'
        linked = json.dumps(
            {
                "@context": "https://schema.org", "@type": "NewsArticle", "url": link, "headline": post.title,
                "datePublished": iso(post.date), "isAccessibleForFree": post is not paid,
                "author": [{"@type": "Person", "name": post.author}], "publisher": {"@type": "Organization", "name": "The Glue Pot"},
            }
        )
        pages[f"/p/{post.slug}"] = page(
            f"""<!DOCTYPE html><html lang="en"><head><title>{escape(post.title)} - by {escape(post.author)} - The Glue Pot</title>
<link rel="preconnect" href="https://substackcdn.com"><meta name="author" content="{escape(post.author)}"><meta property="og:type" content="article"><meta property="og:title" content="{escape(post.title)}">
<link rel="canonical" href="{link}"><link rel="alternate" type="application/rss+xml" href="/feed" title="The Glue Pot"><script type="application/ld+json">{linked}</script></head>
<body><div id="entry"><div id="main" class="main typography">{menu}
<div class="single-post-container"><div class="container"><div class="single-post"><article class="typography newsletter-post post"><div role="region" aria-label="Post header" class="post-header"><h1 dir="auto" class="post-title published">{escape(post.title)}</h1>
<div class="byline-wrapper"><div class="profile-hover-card-target"><a href="https://substack.com/@marenholt">{escape(post.author)}</a></div><div class="meta">{post.date.strftime("%b %d, %Y")}</div></div>
<div class="post-ufi"><a class="post-ufi-button" aria-label="Like">14</a><a class="post-ufi-button" href="{link}/comments">2</a><a class="post-ufi-button" role="button">Share this on Facebook</a></div></div>
<div><div class="available-content"><div dir="auto" class="body markup">{body}</div></div></div></article></div></div>
<div class="comments-section"><h4>Discussion about this post</h4><div class="comment"><p>Lovely piece, thank you</p></div><button>Leave a comment</button></div>
<div class="portable-archive"><h4>You might also like</h4>{"".join(f'<div class="post-preview"><a href="/p/{o.slug}">{escape(o.title)}</a></div>' for o in site.posts if o is not post)}</div></div>
<div class="footer"><div>© 2024 Maren Holt</div><a href="https://substack.com/privacy">Privacy</a><span>Substack is the home for great culture</span></div></div></div></body></html>"""
        )
        entries.append(
            {
                "id": 1000 + i, "title": post.title, "slug": post.slug, "post_date": iso(post.date), "type": "newsletter",
                "audience": "only_paid" if post is paid else "everyone", "canonical_url": link,
                "publishedBylines": [{"id": 7, "name": post.author, "handle": post.author.lower().replace(" ", "")}],
                "postTags": [{"name": tag} for tag in post.tags],
            }
        )
        if post is guest:
            site.refused[link] = "by Tobias Quill"
        elif post is paid:
            site.refused[link] = "paying"
        else:
            site.expected[link] = post
    listed = "".join(f'<div class="post-preview portable-archive-post"><a data-testid="post-preview-title" href="{site.url}/p/{p.slug}">{escape(p.title)}</a></div>' for p in site.posts[:3])
    home = f'<!DOCTYPE html><html lang="en"><head><title>The Glue Pot | Maren Holt | Substack</title><link rel="preconnect" href="https://substackcdn.com"><link rel="alternate" type="application/rss+xml" href="/feed" title="The Glue Pot"></head><body><div id="entry">{menu}<div class="portable-archive-list">{listed}</div></div></body></html>'
    pages["/"] = pages["/archive"] = page(home)
    for offset in range(0, 60, 12):
        pages[f"/api/v1/archive?sort=new&search=&offset={offset}&limit=12"] = text_page(json.dumps(entries[offset : offset + 12]), "application/json; charset=utf-8")
    pages["/feed"] = rss(site, [rss_item(f"{site.url}/p/{p.slug}", p, content=p.html) for p in site.posts[:2]], "Substack", "The Glue Pot")
    pages["/robots.txt"] = text_page("User-agent: *\nDisallow: /action/\nDisallow: /publish\nDisallow: /sign-in\nDisallow: /session-attribution\nSITEMAP: " + site.url + "/sitemap.xml\n", "text/plain")
    pages["/sitemap.xml"] = urlset([f"{site.url}/", f"{site.url}/about"])
    pages["/about"] = page(f"<!DOCTYPE html><html><head><title>About</title></head><body>{menu}<p>Furniture, mostly.</p></body></html>")
    return pages


# --- Hugo: PaperMod; redirects, a slow page, broken ones, a folder that robots.txt forbids ---


def hugo(site):
    pages = {}
    menu = f"""<header class="header"><nav class="nav"><div class="logo"><a href="{site.url}/" title="Offcuts (Alt + H)">Offcuts</a></div><ul id="menu"><li><a href="{site.url}/posts/"><span>Posts</span></a></li><li><a href="{site.url}/tags/"><span>Tags</span></a></li><li><a href="{site.url}/about/"><span>About me and this place</span></a></li></ul></nav></header>"""
    footer = '<footer class="footer"><span>&copy; 2024 <a href="/">Offcuts</a></span> <span>Proudly powered by <a href="https://gohugo.io/">Hugo</a> &amp; <a href="https://github.com/adityatelange/hugo-PaperMod/">PaperMod</a></span></footer>'

    def head(title, more=""):
        return f'<!DOCTYPE html><html lang="en" dir="auto"><head><meta charset="utf-8"><title>{escape(title)}</title><meta name="generator" content="Hugo 0.125.4">{more}<link rel="alternate" type="application/rss+xml" href="{site.url}/index.xml"></head>'

    for i, post in enumerate(site.posts):
        link = f"{site.url}/posts/{post.slug}/"
        linked = json.dumps({"@context": "https://schema.org", "@type": "BlogPosting", "headline": post.title, "datePublished": iso(post.date), "author": {"@type": "Person", "name": post.author}, "inLanguage": "en"})
        tags = "".join(f'<li><a href="{site.url}/tags/{tag}/">{tag}</a></li>' for tag in post.tags)
        newer = site.posts[i - 1]
        pages[f"/posts/{post.slug}/"] = page(
            head(f"{post.title} | Offcuts", f'<link rel="canonical" href="{link}"><meta name="author" content="{escape(post.author)}"><meta property="og:type" content="article"><meta property="og:title" content="{escape(post.title)}"><meta property="article:published_time" content="{iso(post.date)}"><script type="application/ld+json">{linked}</script>')
            + f"""<body id="top">{menu}<main class="main"><article class="post-single"><header class="post-header"><div class="breadcrumbs"><a href="{site.url}/">Home</a>&nbsp;»&nbsp;<a href="{site.url}/posts/">Posts</a></div><h1 class="post-title entry-hint-parent">{escape(post.title)}</h1><div class="post-meta"><span title='{iso(post.date)}'>{post.date.strftime("%B %-d, %Y")}</span>&nbsp;·&nbsp;3 min&nbsp;·&nbsp;{escape(post.author)}</div></header>
<div class="post-content">{post.html}</div><footer class="post-footer"><ul class="post-tags">{tags}</ul><nav class="paginav"><a class="next" href="{site.url}/posts/{newer.slug}/"><span class="title">Next »</span><br><span>{escape(newer.title)}</span></a></nav>
<ul class="share-buttons"><li><a target="_blank" aria-label="share on facebook" href="https://facebook.com/sharer/sharer.php?u={link}">Share this on Facebook</a></li></ul></footer></article></main>{footer}</body></html>"""
        )
        site.expected[link] = post
    slow, broken = site.posts[2], site.posts[3]
    pages[f"/posts/{slow.slug}/"].slow = 1.5
    # A page cut short by its generator: bytes that are not UTF-8, no tag closed.
    bad = pages[f"/posts/{broken.slug}/"]
    bad.body = bad.body.replace(b"</p>", b"").replace(b"</div>", b"").replace(b"</article>", b"").replace(b"Proudly", b"\xff\xfe Proudly")
    # A connection that breaks off once.
    once = pages[f"/posts/{site.posts[4].slug}/"]
    once.times[1] = dataclasses.replace(once, cut=True)
    pages["/posts/lost/"] = page("<h1>Gone</h1>", status=410)
    pages["/posts/loop/"] = moved(f"{site.url}/posts/loop/again/", 302)
    pages["/posts/loop/again/"] = moved(f"{site.url}/posts/loop/", 302)
    pages["/posts/moved/"] = moved(f"/posts/{site.posts[0].slug}/")
    pages["/drafts/unfinished-business-of-may/"] = page(head("A draft") + "<body><main><article><p>Not for anybody yet.</p></article></main></body></html>")
    site.forbidden.append("/drafts/")
    site.refused |= {f"{site.url}/posts/lost/": "410", f"{site.url}/posts/loop/": "redirect", f"{site.url}/drafts/unfinished-business-of-may/": "robots.txt"}

    def entry(link, title, date):
        return f'<article class="post-entry"><header class="entry-header"><h2>{escape(title)}</h2></header><footer class="entry-footer"><span>{date}</span></footer><a class="entry-link" aria-label="post link to {escape(title)}" href="{link}"></a></article>'

    rows = [entry(f"{site.url}/posts/{p.slug}/", p.title, iso(p.date)) for p in site.posts]
    rows += [entry(f"{site.url}/posts/{name}/", name, "") for name in ("lost", "loop", "moved")]
    listing = chunks(rows, 4)
    for number, part in enumerate(listing, 1):
        older = f'<nav class="pagination"><a class="next" href="{site.url}/posts/page/{number + 1}/">Next&nbsp;&nbsp;»</a></nav>' if number < len(listing) else ""
        body = page(head("Posts | Offcuts") + f'<body class="list">{menu}<main class="main">{"".join(part)}<footer class="page-footer">{older}</footer></main>{footer}</body></html>')
        pages["/posts/" if number == 1 else f"/posts/page/{number}/"] = body
    pages["/"] = page(head("Offcuts") + f'<body class="list">{menu}<main class="main">{"".join(rows[:3])}<p>Not ready: <a href="{site.url}/drafts/unfinished-business-of-may/">Unfinished business of May</a></p></main>{footer}</body></html>')
    pages["/about/"] = page(head("About") + f"<body>{menu}<main><article><h1>About</h1><p>I mend chairs.</p></article></main>{footer}</body></html>")
    for tag in {t for p in site.posts for t in p.tags} | {""}:
        pages[f"/tags/{tag}/" if tag else "/tags/"] = page(head("Tags") + f'<body>{menu}<main>{"".join(rows[:2])}</main></body></html>')
    pages["/index.xml"] = rss(site, [rss_item(f"{site.url}/posts/{p.slug}/", p, description=escape(p.excerpt), creator=False) for p in site.posts[:3]], "Hugo", "Offcuts")
    pages["/sitemap.xml"] = urlset(
        [f"{site.url}/"] + [f"{site.url}/posts/{p.slug}/" for p in site.posts] + [f"{site.url}/posts/", f"{site.url}/tags/", f"{site.url}/tags/craft/", f"{site.url}/about/", f"{site.url}/drafts/unfinished-business-of-may/"]
    )
    pages["/robots.txt"] = text_page(f"# Offcuts\nUser-agent: *\nDisallow: /drafts/\nCrawl-delay: 0.2\n\nSitemap: {site.url}/sitemap.xml\n", "text/plain")
    return pages


# --- WordPress: Twenty Twenty-One; a feed in pages, gzip, a guest's post, one answer of 429 ---


def wordpress(site):
    pages = {}

    def path(post):
        return post.date.strftime("/%Y/%m/") + post.slug + "/"

    menu = f"""<a class="skip-link screen-reader-text" href="#content">Skip to content</a><header id="masthead" class="site-header has-title-and-tagline has-menu"><p class="site-title"><a href="{site.url}/">A Tin of Keys</a></p><nav id="site-navigation" class="primary-navigation" aria-label="Primary menu"><ul class="menu-wrapper"><li class="menu-item"><a href="{site.url}/">Home</a></li><li class="menu-item"><a href="{site.url}/sample-page-of-mine/">Sample page of mine</a></li></ul></nav></header>"""
    widgets = f"""<aside class="widget-area"><section class="widget widget_search"><form role="search"><label>Search…</label><input type="search"></form></section><section class="widget widget_recent_entries"><h2 class="widget-title">Recent Posts</h2><ul>{"".join(f'<li><a href="{site.url}{path(p)}">{escape(p.title)}</a></li>' for p in site.posts[:3])}</ul></section><section class="widget widget_categories"><h2>Categories</h2><ul><li class="cat-item"><a href="{site.url}/category/craft/">Craft</a></li></ul></section></aside>
<footer id="colophon" class="site-footer"><div class="site-info"><div class="powered-by">Proudly powered by <a href="https://wordpress.org/">WordPress</a>.</div></div></footer>"""

    def head(title, more=""):
        return f"""<!doctype html><html lang="en-GB"><head><meta charset="UTF-8"><title>{escape(title)} &#8211; A Tin of Keys</title><link rel="alternate" type="application/rss+xml" title="A Tin of Keys &raquo; Feed" href="{site.url}/feed/"><link rel="alternate" type="application/rss+xml" title="A Tin of Keys &raquo; Comments Feed" href="{site.url}/comments/feed/"><link rel="https://api.w.org/" href="{site.url}/wp-json/"><meta name="generator" content="WordPress 6.5.3">{more}</head>"""

    guest, busy = site.posts[3], site.posts[5]
    for post in site.posts:
        link = site.url + path(post)
        tags = "".join(f'<a href="{site.url}/tag/{tag}/" rel="tag">{tag}</a>' for tag in post.tags)
        pages[path(post)] = page(
            head(post.title, f'<link rel="canonical" href="{link}"><link rel="shortlink" href="{site.url}/?p={len(pages)}"><meta property="og:type" content="article"><meta property="og:title" content="{escape(post.title)}"><meta property="article:published_time" content="{iso(post.date)}">')
            + f"""<body class="post-template-default single single-post"><div id="page" class="site">{menu}<div id="content" class="site-content"><div id="primary" class="content-area"><main id="main" class="site-main">
<article class="post type-post status-publish format-standard hentry category-craft entry"><header class="entry-header alignwide"><h1 class="entry-title">{escape(post.title)}</h1></header><div class="entry-content">{post.html}
<div class="sharedaddy sd-sharing-enabled"><div class="robots-nocontent sd-block sd-social"><h3 class="sd-title">Share this:</h3><ul><li class="share-facebook"><a rel="nofollow noopener" class="share-facebook sd-button" href="{link}?share=facebook"><span>Share this on Facebook</span></a></li></ul></div></div>
<div id="jp-relatedposts" class="jp-relatedposts"><h3 class="jp-relatedposts-headline"><em>You might also like</em></h3></div></div>
<footer class="entry-footer default-max-width"><div class="posted-by"><span class="posted-on">Published <time class="entry-date published updated" datetime="{iso(post.date)}">{post.date.strftime("%-d %B %Y")}</time></span><span class="byline">By <a href="{site.url}/author/{post.author.split()[0].lower()}/" rel="author">{escape(post.author)}</a></span></div><div class="post-taxonomies"><span class="cat-links">Categorised as <a href="{site.url}/category/craft/" rel="category tag">Craft</a></span><span class="tags-links">Tagged {tags}</span></div></footer></article>
<nav class="navigation post-navigation" aria-label="Posts"><div class="nav-links"><div class="nav-previous"><a href="{site.url}{path(site.posts[0])}" rel="prev"><p class="meta-nav">Previous post</p><p class="post-title">{escape(site.posts[0].title)}</p></a></div></div></nav>
<div id="comments" class="comments-area"><h2 class="comments-title">1 comment</h2><ol class="comment-list"><li id="comment-1" class="comment even thread-even depth-1"><article class="comment-body"><footer class="comment-meta"><div class="comment-author vcard"><b class="fn">A Reader</b> <span class="says">says:</span></div></footer><div class="comment-content"><p>Lovely piece, thank you</p></div><div class="reply"><a rel="nofollow" class="comment-reply-link" href="{link}?replytocom=1#respond">Reply</a></div></article></li></ol><div id="respond" class="comment-respond"><h2 id="reply-title">Leave a comment</h2><form class="comment-form"><textarea></textarea></form></div></div>
</main></div></div>{widgets}</div></body></html>"""
        )
        if post is guest:
            site.refused[link] = "by Tobias Quill"
        else:
            site.expected[link] = post
    pages[path(busy)].times[1] = page("<h1>Too Many Requests</h1>", status=429, headers={"Retry-After": "2"})
    listing = chunks(site.posts, 3)
    for number, part in enumerate(listing, 1):
        rows = "".join(
            f'<article class="post type-post hentry"><header class="entry-header"><h2 class="entry-title default-max-width"><a href="{site.url}{path(p)}">{escape(p.title)}</a></h2></header><div class="entry-content"><p>{escape(p.excerpt)} <a class="more-link" href="{site.url}{path(p)}">Continue reading</a></p></div></article>'
            for p in part
        )
        older = f'<nav class="navigation pagination"><div class="nav-links"><a class="next page-numbers" href="{site.url}/page/{number + 1}/">Older posts</a></div></nav>' if number < len(listing) else ""
        pages["/" if number == 1 else f"/page/{number}/"] = page(head("Home") + f'<body class="home blog"><div id="page">{menu}<main id="main">{rows}{older}</main>{widgets}</div></body></html>')
        items = [rss_item(site.url + path(p), p, content=p.html, guid=f"{site.url}/?p={i}") for i, p in enumerate(part)]
        pages["/feed/" if number == 1 else f"/feed/?paged={number}"] = rss(site, items, "https://wordpress.org/?v=6.5.3", "A Tin of Keys")
    pages["/sample-page-of-mine/"] = page(head("Sample page") + f'<body class="page-template-default page">{menu}<main><article class="page type-page"><h1>Sample page</h1><p>This is an example page.</p></article></main></body></html>')
    pages["/comments/feed/"] = rss(site, [], "https://wordpress.org/?v=6.5.3", "Comments for A Tin of Keys")
    pages["/wp-json/wp/v2/posts?per_page=100&page=1"] = text_page('{"code":"rest_not_logged_in","message":"You are not currently logged in.","data":{"status":401}}', "application/json", status=401)
    pages["/robots.txt"] = text_page(f"User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n\nSitemap: {site.url}/wp-sitemap.xml\n", "text/plain")
    pages["/wp-sitemap.xml"] = sitemap_index([f"{site.url}/wp-sitemap-posts-post-1.xml", f"{site.url}/wp-sitemap-posts-page-1.xml", f"{site.url}/wp-sitemap-taxonomies-category-1.xml", f"{site.url}/wp-sitemap-users-1.xml"])
    pages["/wp-sitemap-posts-post-1.xml"] = urlset([site.url + path(p) for p in site.posts])
    pages["/wp-sitemap-posts-page-1.xml"] = urlset([f"{site.url}/sample-page-of-mine/"])
    pages["/wp-sitemap-taxonomies-category-1.xml"] = urlset([f"{site.url}/category/craft/"])
    pages["/wp-sitemap-users-1.xml"] = urlset([f"{site.url}/author/maren/"])
    return pages


# --- Ghost: Casper; pages at the root, a sitemap of posts alone, members' boxes ---


def ghost(site):
    pages = {}
    menu = f'<header id="gh-head" class="gh-head outer"><div class="gh-head-inner inner"><a class="gh-head-logo" href="{site.url}">On Sharpening</a><nav class="gh-head-menu"><ul class="nav"><li class="nav-home"><a href="{site.url}/">Home</a></li><li class="nav-about"><a href="{site.url}/about/">About</a></li></ul></nav><div class="gh-head-actions"><a class="gh-head-button" href="#/portal/signup" data-portal="signup">Subscribe</a></div></div></header>'
    footer = '<footer class="site-footer outer"><div class="inner"><section class="copyright"><a href="/">On Sharpening</a> &copy; 2024</section><div class="gh-powered-by"><a href="https://ghost.org/">Proudly powered by Ghost</a></div></div></footer>'

    def head(title, more=""):
        return f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{more}<meta name="generator" content="Ghost 5.82"><link rel="alternate" type="application/rss+xml" title="On Sharpening" href="{site.url}/rss/"></head>'

    guest = site.posts[-2]
    for i, post in enumerate(site.posts):
        link = f"{site.url}/{post.slug}/"
        linked = json.dumps({"@context": "https://schema.org", "@type": "Article", "publisher": {"@type": "Organization", "name": "On Sharpening"}, "author": {"@type": "Person", "name": post.author}, "headline": post.title, "url": link, "datePublished": iso(post.date).replace("+00:00", ".000Z"), "keywords": ", ".join(post.tags)})
        cards = "".join(f'<article class="post-card post"><a class="post-card-content-link" href="/{o.slug}/"><header class="post-card-header"><h2 class="post-card-title">{escape(o.title)}</h2></header><div class="post-card-excerpt">{escape(o.excerpt)}</div></a></article>' for o in site.posts[:3] if o is not post)
        pages[f"/{post.slug}/"] = page(
            head(post.title, f'<link rel="canonical" href="{link}"><meta property="og:site_name" content="On Sharpening"><meta property="og:type" content="article"><meta property="og:title" content="{escape(post.title)}"><meta property="article:published_time" content="{iso(post.date).replace("+00:00", ".000Z")}"><meta name="twitter:label1" content="Written by"><meta name="twitter:data1" content="{escape(post.author)}"><script type="application/ld+json">{linked}</script>')
            + f"""<body class="post-template"><div class="viewport">{menu}<div class="site-content"><main id="site-main" class="site-main"><article class="article post"><header class="article-header gh-canvas"><div class="article-tag post-card-tags"><a href="/tag/craft/">Craft</a></div><h1 class="article-title">{escape(post.title)}</h1><div class="article-byline"><section class="article-byline-content"><div class="article-byline-meta"><h4 class="author-name"><a href="/author/{post.author.split()[0].lower()}/">{escape(post.author)}</a></h4><div class="byline-meta-content"><time class="byline-meta-date" datetime="{post.date.date()}">{post.date.strftime("%b %-d, %Y")}</time><span class="byline-reading-time"><span class="bull">&bull;</span> 3 min read</span></div></div></section></div></header>
<section class="gh-content gh-canvas">{post.html}</section></article></main>
<section class="footer-cta outer"><div class="inner"><h2 class="footer-cta-title">Subscribe to the newsletter</h2><a class="footer-cta-button" href="#/portal"><div class="footer-cta-input">Enter your email</div><span>Subscribe</span></a></div></section>
<section class="comments"><h3>Leave a comment</h3></section><aside class="read-more-wrap outer"><h4>You might also like</h4><div class="read-more inner">{cards}</div></aside></div>{footer}</div></body></html>"""
        )
        if post is guest:
            site.refused[link] = "by Tobias Quill"
        else:
            site.expected[link] = post
    cards = "".join(f'<article class="post-card post"><a class="post-card-image-link" href="/{p.slug}/"></a><div class="post-card-content"><a class="post-card-content-link" href="/{p.slug}/"><h2 class="post-card-title">{escape(p.title)}</h2></a></div></article>' for p in site.posts[:4])
    pages["/"] = page(head("On Sharpening") + f'<body class="home-template"><div class="viewport">{menu}<main class="site-main"><div class="post-feed">{cards}</div></main>{footer}</div></body></html>')
    pages["/about/"] = page(head("About this site", f'<link rel="canonical" href="{site.url}/about/">') + f'<body class="page-template">{menu}<main><article class="post page"><h1>About this site</h1><section class="gh-content"><p>Blades.</p></section></article></main>{footer}</body></html>')
    pages["/rss/"] = rss(site, [rss_item(f"{site.url}/{p.slug}/", p, content=p.html, guid=f"65f{i:021x}") for i, p in enumerate(site.posts[:4])], "Ghost 5.82", "On Sharpening")
    pages["/robots.txt"] = text_page(f"User-agent: *\nSitemap: {site.url}/sitemap.xml\nDisallow: /ghost/\nDisallow: /email/\nDisallow: /members/api/comments/counts/\nDisallow: /r/\n", "text/plain")
    pages["/sitemap.xml"] = sitemap_index([f"{site.url}/sitemap-pages.xml", f"{site.url}/sitemap-posts.xml", f"{site.url}/sitemap-authors.xml", f"{site.url}/sitemap-tags.xml"])
    pages["/sitemap-posts.xml"] = urlset([f"{site.url}/{p.slug}/" for p in site.posts])
    pages["/sitemap-pages.xml"] = urlset([f"{site.url}/", f"{site.url}/about/"])
    pages["/sitemap-authors.xml"] = urlset([f"{site.url}/author/maren/"])
    pages["/sitemap-tags.xml"] = urlset([f"{site.url}/tag/craft/"])
    return pages


PLATFORMS = {"medium": medium, "substack": substack, "hugo": hugo, "wordpress": wordpress, "ghost": ghost}


def slug_of(title):
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def read_posts(folder, author):
    """The sections of the essays in the folder, each a post of its own."""
    posts = []
    for path in sorted(folder.glob("*.md")):
        _, front, body = path.read_text().split("---\n", 2)
        title = re.search(r"^title: (.*)$", front, re.M).group(1)
        for i, section in enumerate(re.split(r"^## ", body, flags=re.M)):
            if i > 0:
                title, section = section.split("\n", 1)
            paragraphs = [" ".join(p.split()) for p in section.split("\n\n") if p.strip()]
            paragraphs = [p for p in paragraphs if not re.match(r"[#>`*|-]|\d+\.", p) and not re.search(r"[*_`\[]", p)]
            if sum(len(p.split()) for p in paragraphs) < 120:
                continue
            date = datetime.datetime.fromisoformat(path.name[:10]).replace(hour=9 + i, tzinfo=datetime.timezone.utc)
            posts.append(Post(slug_of(title), title, date, author, ["craft", "wood"], paragraphs))
    return sorted(posts, key=lambda post: post.date, reverse=True)
