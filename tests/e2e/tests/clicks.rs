//! Clicks: where in their elements they hit, also once the page is laid out otherwise, and what they come to.

use afterimage_e2e::{Browser, Collector, in_every_engine};
use serde_json::{Value, json};

/// Everything that makes places in a page worthless: a scroller in it, what stays in sight, a shadow tree, a frame.
const PAGE: &str = r##"<!doctype html><html lang=en><head><title>Places</title><link rel=icon href='data:,'><style>
body { margin: 0; height: 3000px; font: 16px sans-serif }
button { width: 40%; height: 80px; display: block }
#list { height: 240px; overflow: auto; width: 60%; position: relative }
footer { position: fixed; bottom: 0; left: 20%; right: 0 }
iframe { width: 400px; height: 160px; border: 5px solid }
</style></head><body>
<div id=list><button>1</button><button>2</button><button>3</button><button>4</button><button>5</button><button>6</button></div>
<section><div></div><div id=host></div></section>
<iframe srcdoc="<!doctype html><p>In a frame</p><button style='width:200px;height:50px'>7</button>"></iframe>
<footer><button>8</button></footer>
<script>
document.getElementById('host').attachShadow({ mode: 'open' }).innerHTML = '<p>Shadow</p><button style="width:300px;height:60px">9</button>';
const frame = document.querySelector('iframe');
window.$ = (name) => ({
    scroller: () => document.querySelectorAll('#list button')[3],
    shadow: () => document.getElementById('host').shadowRoot.querySelector('button'),
    frame: () => frame.contentDocument.querySelector('button'),
    footer: () => document.querySelector('footer button'),
})[name]();
window.box = (node) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    const around = node.ownerDocument === document ? { left: 0, top: 0 } : frame.getBoundingClientRect();
    const border = node.ownerDocument === document ? 0 : 5;
    return { left: left + around.left + border, top: top + around.top + border, width, height };
};
window.resolve = (anchor) => anchor.reduce((node, selector) => {
    const root = node.nodeType === 9 ? node : node.shadowRoot ?? node.contentDocument;
    const all = root.querySelectorAll(selector);
    if (all.length !== 1) throw new Error(selector + ' finds ' + all.length);
    return all[0];
}, document);
</script></body></html>"##;

fn points(browser: &Browser, collector: &Collector) -> Vec<Value> {
    collector.heatmap(&collector.flushed(browser))
}

fn of<'a>(points: &'a [Value], kind: &str) -> Vec<&'a Value> {
    points.iter().filter(|point| point["kind"] == kind).collect()
}

/// Clicks at a place in the viewport.
fn click_at(browser: &Browser, x: i64, y: i64) {
    let step = json!({ "type": "pointerMove", "duration": 20, "origin": "viewport", "x": x, "y": y });
    let actions = json!([step, { "type": "pointerDown", "button": 0 }, { "type": "pointerUp", "button": 0 }]);
    browser.perform(&json!([{ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": actions }]));
}

in_every_engine! {
    fn points_of_heatmaps_are_where_the_clicks_were_in_any_layout(browser) {
        browser.resize(1200, 900);
        let (collector, _site) = Collector::recording(browser, PAGE);
        browser.run("document.getElementById('list').scrollTop = 170; scrollTo(0, 60)");
        drop(browser.ask_async("await new Promise((done) => setTimeout(done, 400))", json!([])));
        let names = ["scroller", "shadow", "frame", "footer"];
        let mut clicked = Vec::new();
        for name in names {
            // Whole pixels, as pointers have them.
            let at = browser.ask(
                "const { left, top, width, height } = box($(arguments[0]));
                 const [x, y] = [Math.round(left + width * 0.3), Math.round(top + height * 0.6)];
                 return [x, y, (x - left) / width, (y - top) / height, scrollY]",
                json!([name]),
            );
            click_at(browser, at[0].as_i64().unwrap(), at[1].as_i64().unwrap());
            clicked.push(at);
        }
        // What was told is recorded before the page is laid out otherwise, where no place in it is what it was.
        drop(browser.ask_async("await new Promise((done) => setTimeout(done, 400))", json!([])));
        browser.run("document.getElementById('list').scrollTop = 0; scrollTo(0, 0)");
        browser.resize(700, 800);
        let points = points(browser, &collector);
        let clicks = of(&points, "click");
        assert_eq!(clicks.len(), names.len(), "{points:#?}");
        for ((name, at), point) in names.iter().zip(&clicked).zip(clicks) {
            let found = browser.ask("return resolve(arguments[1]) === $(arguments[0])", json!([name, point["anchor"]]));
            assert_eq!(found, true, "{name}: {point}");
            for (told, wanted) in [("across", &at[2]), ("down", &at[3])] {
                let off = point[told].as_f64().unwrap() - wanted.as_f64().unwrap();
                assert!(off.abs() < 0.005, "{name}, {told}: {point}, clicked at {at}");
            }
            let y = at[1].as_i64().unwrap() + at[4].as_i64().unwrap();
            assert_eq!((&point["x"], &point["y"]), (&at[0], &json!(y)), "{name} in the page");
        }
        let scroll = of(&points, "scroll");
        assert!(scroll[0]["bottom"].as_i64().unwrap() >= 60 + scroll[0]["height"].as_i64().unwrap());
    }

    fn rage_dead_and_error_clicks_are_what_visitors_do(browser) {
        let (collector, _site) = Collector::recording(browser, "<!doctype html><html lang=en><head><title>Clicks</title>
            <link rel=icon href='data:,'></head><body><button id=dead>Nothing</button>
            <button id=rage onclick='this.append(\"!\")'>More</button><button id=error onclick='none.at.all()'>Buy</button>
            <a id=link href='#there'>There</a><p id=there>A paragraph to choose</p></body></html>");
        browser.click("#dead");
        drop(browser.ask_async("await new Promise((done) => setTimeout(done, 2800))", json!([])));
        browser.click("#link");
        drop(browser.ask_async("await new Promise((done) => setTimeout(done, 2800))", json!([])));
        browser.click("#error");
        let at = browser.ask(
            "const { left, top } = document.getElementById('rage').getBoundingClientRect(); return [left + 9, top + 9]",
            json!([]),
        );
        for _ in 0..4 {
            click_at(browser, at[0].as_f64().unwrap() as i64, at[1].as_f64().unwrap() as i64);
        }
        let points = points(browser, &collector);
        for (kind, anchor) in [("dead", "#dead"), ("rage", "#rage"), ("error", "#error")] {
            let anchors: Vec<&Value> = of(&points, kind).iter().map(|point| &point["anchor"]).collect();
            assert_eq!(anchors, [&json!([anchor])], "{kind}: {points:#?}");
        }
        assert_eq!(of(&points, "click").len(), 7);
    }
}
