//! What could not be delivered waits in the visitor's browser, and arrives once; or goes at once when the visitor says no.

use std::collections::BTreeSet;

use afterimage_e2e::{Browser, Collector, Engine, Fault, Site, eventually, in_every_engine, inflated};
use serde_json::{Value, json};

const PAGE: &str =
    "<!doctype html><html lang=en><head><title>Shop</title><link rel=icon href='data:,'></head>
<body><h1>Shop</h1><button id=more>more</button></body></html>";

fn site(collector: &Collector) -> Site {
    collector.site(PAGE, Vec::new())
}

fn record(browser: &Browser) {
    browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
}

fn flush(browser: &Browser) {
    record(browser);
    drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
}

/// What is left in the browser: batches in the database (null for no database), and keys of local storage.
fn left(browser: &Browser) -> Value {
    browser.ask_async(
        "const name = 'afterimage_outbox';
         const copy = Object.keys(localStorage).filter((key) => key.startsWith(name)).length;
         if (!(await indexedDB.databases()).some((one) => one.name === name)) return [null, copy];
         const database = await new Promise((done) => {
             const opening = indexedDB.open(name);
             // Deleted meanwhile: it is not to be made again.
             opening.onupgradeneeded = () => opening.transaction.abort();
             opening.onsuccess = () => done(opening.result);
             opening.onerror = () => done();
         });
         if (!database) return [null, copy];
         try {
             const counting = database.transaction(name).objectStore(name).count();
             return [await new Promise((done) => (counting.onsuccess = () => done(counting.result))), copy];
         } catch { return [0, copy] } finally { database.close() }",
        json!([]),
    )
}

fn wait_until_nothing_is_left(browser: &Browser) {
    eventually("an empty outbox", || (left(browser) == json!([null, 0])).then_some(()));
}

/// Counts of the site's own event in what is stored, by the number it carries.
fn stored(collector: &Collector) -> Vec<i64> {
    let records = collector.sessions().into_iter().flat_map(|session| collector.records(&session));
    let said = records.filter(|record| record["kind"] == "custom");
    let mut numbers: Vec<i64> = said
        .map(|record| match &record["payload"] {
            Value::String(json) => serde_json::from_str(json).unwrap(),
            payload => payload.clone(),
        })
        .filter_map(|payload: Value| payload["n"].as_i64())
        .collect();
    numbers.sort_unstable();
    numbers
}

fn say(browser: &Browser, n: i64) {
    browser.run(&format!("afterimage.recorder.event('said', {{ n: {n} }})"));
}

in_every_engine! {
    fn promise_r14_where_scripts_may_ask_for_nothing_an_image_brings_what_is_small(browser) {
        let collector = Collector::start(browser);
        let site = collector.site(PAGE, vec![("content-security-policy".to_owned(), "connect-src 'self'".to_owned())]);
        browser.go(&site.url("/"));
        record(browser);
        say(browser, 1);
        eventually("what was said", || (stored(&collector) == [1]).then_some(()));
        say(browser, 2);
        eventually("what was said then", || (stored(&collector) == [1, 2]).then_some(()));
        let images = collector.tap.posts();
        assert!(images.len() >= 2, "{images:?}");
        for image in images {
            assert_eq!((image.method.as_str(), image.status), ("GET", 200), "the policy forbids all else");
            assert_eq!((image.header("cookie"), image.header("referer")), (None, None));
        }
        wait_until_nothing_is_left(browser);
    }

    fn promise_k05_what_a_dead_collector_missed_comes_with_the_next_page_view_once(browser) {
        let collector = Collector::start(browser);
        let site = site(&collector);
        browser.go(&site.url("/"));
        flush(browser);
        assert_eq!(left(browser), json!([null, 0]), "nothing is kept of what arrives");
        say(browser, 1);
        flush(browser);

        collector.tap.set_fault(Some(Fault::Refuse(503)));
        say(browser, 2);
        eventually("what failed to be kept", || left(browser)[0].as_i64().filter(|count| *count > 0));
        browser.go(&site.url("/"));
        record(browser);
        say(browser, 3);
        eventually("the second page view to fail, too", || left(browser)[0].as_i64().filter(|count| *count > 1));
        // Nobody records there, as after the last page of a visit.
        browser.go(&site.url("/empty"));
        collector.tap.set_fault(None);
        browser.go(&site.url("/"));
        flush(browser);
        eventually("everything once", || (stored(&collector) == [1, 2, 3]).then_some(()));
        wait_until_nothing_is_left(browser);
        let gaps: Vec<Value> = collector.listed().iter().map(|session| session["missing"].clone()).collect();
        assert_eq!(gaps, [0], "no gap");
    }

    fn what_arrived_while_the_page_was_left_is_not_sent_again(browser) {
        let collector = Collector::start(browser);
        let site = site(&collector);
        for n in 0..4 {
            browser.go(&site.url("/"));
            flush(browser);
            say(browser, n);
        }
        browser.go(&site.url("/empty"));
        assert_eq!(left(browser)[1], 1, "nobody heard that the last one arrived");
        browser.go(&site.url("/"));
        flush(browser);
        wait_until_nothing_is_left(browser);
        assert_eq!(stored(&collector), [0, 1, 2, 3]);
        let batches = collector.tap.posts();
        let sent: BTreeSet<_> =
            batches.iter().map(|post| inflated(&post.body).0).map(|header| (header.page_view, header.sequence)).collect();
        assert_eq!(sent.len(), batches.len(), "each once");
    }

    fn promise_k05_a_batch_that_is_lost_for_good_is_healed_by_a_new_snapshot(browser) {
        let collector = Collector::start(browser);
        let site = site(&collector);
        browser.go(&site.url("/"));
        flush(browser);
        // Refused as broken three times, it is dropped.
        let lost = inflated(&collector.tap.posts().last().expect("a batch").body).0.sequence + 1;
        collector.tap.set_plan(move |exchange| {
            (exchange.is_posted() && inflated(&exchange.body).0.sequence == lost).then_some(Fault::Refuse(422))
        });
        let add = |name: &str| {
            browser.run(&format!("document.body.append(Object.assign(document.createElement('p'), {{ className: '{name}' }}))"));
            flush(browser);
        };
        add("apple");
        let of = || collector.records(&collector.sessions()[0]);
        // That batch and the ones behind it are told apart from one that is late: see gaps.rs.
        eventually("a new snapshot", || {
            add("pear");
            of().iter().any(|record| record["kind"] == "snapshot" && record["epoch"] == 2).then_some(())
        });
        add("plum");
        let session = &collector.listed()[0];
        assert_eq!(session["missing"], 1);
        let events = collector.rrweb(&collector.sessions()[0]);
        let snapshots: Vec<usize> = (0..events.len()).filter(|at| events[*at]["type"] == 2).collect();
        let [first, healed] = snapshots[..] else { panic!("{} snapshots", snapshots.len()) };
        let holds = |at: usize, name: &str| events[at].to_string().contains(name);
        assert!(!holds(first, "apple") && holds(healed, "apple") && holds(healed, "pear"));
        assert!((first..healed).any(|at| events[at]["data"]["tag"] == "gap"), "the gap is told");
        assert!((healed..events.len()).any(|at| holds(at, "plum")), "and the replay goes on");
    }

    fn promise_v06_a_no_empties_the_outbox_in_every_tab(browser) {
        let collector = Collector::start(browser);
        let site = site(&collector);
        browser.go(&site.url("/"));
        flush(browser);
        collector.tap.set_fault(Some(Fault::HangUp));
        say(browser, 1);
        eventually("what failed to be kept", || left(browser)[0].as_i64().filter(|count| *count > 0));
        let first = browser.new_tab();
        browser.go(&site.url("/"));
        record(browser);
        say(browser, 2);
        eventually("both tabs' to be kept", || left(browser)[0].as_i64().filter(|count| *count > 1));
        drop(browser.ask_async("await afterimage.disable()", json!([])));
        wait_until_nothing_is_left(browser);
        browser.switch_to(&first);
        browser.wait_until("afterimage.status().state == 'disabled'");
        collector.tap.set_fault(None);
        let known = collector.tap.posts().len();
        browser.go(&site.url("/empty"));
        wait_until_nothing_is_left(browser);
        assert_eq!(collector.tap.posts().len(), known, "nothing is sent any more");
        assert_eq!(stored(&collector), Vec::<i64>::new());
    }
}

/// Makes everything that waits in the browser 25 hours older.
const AGE: &str = "const older = (row) => [row[0], row[1] - 9e7, row[2]];
    for (const key of Object.keys(localStorage).filter((key) => key.startsWith('afterimage_outbox')))
        localStorage[key] = JSON.stringify(JSON.parse(localStorage[key]).map(older));
    const database = await new Promise((done) => (indexedDB.open('afterimage_outbox').onsuccess = (event) => done(event.target.result)));
    const writing = database.transaction('afterimage_outbox', 'readwrite');
    writing.objectStore('afterimage_outbox').openCursor().onsuccess = ({ target: { result } }) => {
        if (!result) return;
        result.update(older(result.value));
        result.continue();
    };
    await new Promise((done) => (writing.oncomplete = done));
    database.close();";

in_every_engine! {
    fn what_waited_for_more_than_a_day_goes_nowhere(browser) {
        let collector = Collector::start(browser);
        let site = site(&collector);
        browser.go(&site.url("/"));
        collector.tap.set_fault(Some(Fault::Refuse(503)));
        record(browser);
        say(browser, 1);
        eventually("what failed to be kept", || left(browser)[0].as_i64().filter(|count| *count > 0));
        browser.go(&site.url("/empty"));
        drop(browser.ask_async(AGE, json!([])));
        collector.tap.set_fault(None);
        let old = collector.tap.posts();
        browser.go(&site.url("/"));
        record(browser);
        say(browser, 2);
        flush(browser);
        wait_until_nothing_is_left(browser);
        eventually("what was said now", || (stored(&collector) == [2]).then_some(()));
        let views: Vec<_> = old.iter().map(|post| inflated(&post.body).0.page_view).collect();
        let sent = collector.tap.posts().split_off(old.len());
        assert!(sent.iter().all(|post| !views.contains(&inflated(&post.body).0.page_view)));
    }

    fn an_empty_database_is_deleted_by_the_next_page(browser) {
        let collector = Collector::start(browser);
        let site = site(&collector);
        browser.go(&site.url("/empty"));
        // As it stands when a page goes between taking out the last batch and deleting it.
        let made = browser.ask_async(
            "const opening = indexedDB.open('afterimage_outbox', 1);
             opening.onupgradeneeded = () => opening.result.createObjectStore('afterimage_outbox');
             await new Promise((done) => (opening.onsuccess = done));
             opening.result.close()
             return (await indexedDB.databases()).length",
            json!([]),
        );
        assert_eq!(made, 1);
        browser.go(&site.url("/"));
        flush(browser);
        wait_until_nothing_is_left(browser);
    }

    fn a_page_that_comes_back_goes_on(browser) {
        let collector = Collector::start(browser);
        let site = site(&collector);
        browser.go(&site.url("/"));
        record(browser);
        say(browser, 1);
        browser.go(&site.url("/empty"));
        // From the back-forward cache, or loaded again.
        browser.back();
        record(browser);
        say(browser, 2);
        flush(browser);
        eventually("both once", || (stored(&collector) == [1, 2]).then_some(()));
        // What it left in case it would not come back comes once more with the next page view.
        browser.go(&site.url("/"));
        flush(browser);
        wait_until_nothing_is_left(browser);
        assert_eq!(stored(&collector), [1, 2]);
        let sessions: Vec<Value> = collector.listed().iter().map(|session| session["missing"].clone()).collect();
        assert_eq!(sessions, [0], "one session without a gap");
    }
}

/// Names of what a page holds that is worth more than one batch of half the size.
const MANY: usize = 1500;

in_every_engine! {
    fn what_is_too_large_comes_in_smaller_batches(browser) {
        const MOST: usize = 100 << 10;
        let collector = Collector::start(browser);
        let site = site(&collector);
        collector.tap.set_plan(|exchange| {
            (exchange.is_posted() && inflated(&exchange.body).1.len() > MOST).then_some(Fault::Refuse(413))
        });
        browser.go(&site.url("/"));
        flush(browser);
        say(browser, 1);
        flush(browser);
        drop(browser.ask(
            "const list = document.createElement('ul');
             for (let n = 0; n < arguments[0]; n++)
                 list.append(Object.assign(document.createElement('li'), { className: `item-${n}-`, textContent: 'Wool and copper and ash '.repeat(4) }));
             document.body.append(list);",
            json!([MANY]),
        ));
        flush(browser);
        say(browser, 2);
        eventually("a snapshot in smaller batches", || {
            flush(browser);
            let events = collector.rrweb(collector.sessions().first()?);
            let healed = events.iter().rposition(|event| event["type"] == 2)?;
            let shown = Value::from(events.split_at(healed).1).to_string();
            (0..MANY).all(|n| shown.contains(&format!("item-{n}-"))).then_some(())
        });
        assert_eq!(stored(&collector), [1, 2]);
        let posts = collector.tap.posts();
        let refused: std::collections::BTreeSet<u32> =
            posts.iter().filter(|post| post.status == 413).map(|post| inflated(&post.body).0.sequence).collect();
        assert!(!refused.is_empty(), "nothing was too large");
        assert_eq!(collector.listed()[0]["missing"], refused.len(), "no more is lost than was too large");
        wait_until_nothing_is_left(browser);
    }

    fn promise_k05_what_waits_goes_as_soon_as_there_is_a_network_again(browser) {
        let collector = Collector::start(browser);
        let site = site(&collector);
        browser.go(&site.url("/"));
        flush(browser);
        // Nothing but the network's return is a reason to ask again.
        collector.tap.set_fault(Some(Fault::Later(3600)));
        say(browser, 1);
        eventually("what was refused to be kept", || left(browser)[0].as_i64().filter(|count| *count > 0));
        collector.tap.set_fault(None);
        // NOTE: neither geckodriver nor WebKitWebDriver takes the network away.
        if browser.engine == Engine::Chromium {
            for offline in [true, false] {
                let how = json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
                browser.tell_chromium("Network.emulateNetworkConditions", &how);
                browser.wait_until(&format!("navigator.onLine != {offline}"));
            }
        } else {
            browser.run("for (const name of ['offline', 'online']) dispatchEvent(new Event(name))");
        }
        eventually("what waited", || (stored(&collector) == [1]).then_some(()));
        wait_until_nothing_is_left(browser);
    }

    fn a_tab_that_hears_nothing_of_a_no_ends_at_its_next_request(browser) {
        let collector = Collector::start(browser);
        const DEAF: &str = "<script>addEventListener('storage', (event) => event.stopImmediatePropagation(), true)</script></head>";
        let site = collector.site(&PAGE.replace("</head>", DEAF), Vec::new());
        browser.go(&site.url("/"));
        flush(browser);
        let first = browser.new_tab();
        browser.go(&site.url("/"));
        flush(browser);
        drop(browser.ask_async("await afterimage.start({ collector: '/collect', minor: true })", json!([])));
        assert_eq!(browser.cookie("afterimage"), None);
        browser.switch_to(&first);
        say(browser, 1);
        browser.wait_until("afterimage.status().state == 'stopped'");
        say(browser, 2);
        browser.go(&site.url("/empty"));
        assert_eq!(browser.cookie("afterimage"), None, "it does not come back");
        assert!(!stored(&collector).contains(&2));
        assert_eq!(collector.sessions().len(), 1);
    }

    fn a_tab_opened_from_another_is_a_page_view_of_its_own(browser) {
        let collector = Collector::start(browser);
        let site = collector.site(&PAGE.replace("id=more", "id=more onclick='window.open(location.href)'"), Vec::new());
        browser.go(&site.url("/"));
        flush(browser);
        browser.run("sessionStorage.copied = 'yes'");
        say(browser, 1);
        let first = browser.window();
        browser.click("#more");
        let second = eventually("another tab", || browser.windows().into_iter().find(|window| *window != first));
        for n in [2, 4] {
            browser.switch_to(&second);
            record(browser);
            assert_eq!(browser.ask("return [!!opener, sessionStorage.copied]", json!([])), json!([true, "yes"]));
            say(browser, n);
            browser.switch_to(&first);
            say(browser, n + 1);
            // Each sends by itself, in its own time.
            eventually("both", || (stored(&collector).len() as i64 == n + 1).then_some(()));
        }
        assert_eq!(stored(&collector), [1, 2, 3, 4, 5]);
        let posts = collector.tap.posts();
        let mut sequences = std::collections::BTreeMap::<_, Vec<u32>>::new();
        for header in posts.iter().map(|post| inflated(&post.body).0) {
            sequences.entry(header.page_view).or_default().push(header.sequence);
        }
        assert_eq!(sequences.len(), 2, "two page views: {sequences:?}");
        for sequence in sequences.values_mut() {
            sequence.sort_unstable();
            assert!(sequence.iter().copied().eq(sequence[0]..sequence[0] + sequence.len() as u32), "{sequence:?}");
        }
        let sessions: Vec<Value> = collector.listed().iter().map(|session| session["missing"].clone()).collect();
        assert_eq!(sessions, [0], "one session without a gap");
    }
}

/// No other engine's driver freezes pages.
#[test]
fn a_page_that_was_frozen_goes_on() {
    let browser = &Browser::open(Engine::Chromium, "a_page_that_was_frozen_goes_on");
    let collector = Collector::start(browser);
    let site = site(&collector);
    browser.go(&site.url("/"));
    flush(browser);
    say(browser, 1);
    browser.tell_chromium("Page.setWebLifecycleState", &json!({ "state": "frozen" }));
    browser.tell_chromium("Page.setWebLifecycleState", &json!({ "state": "active" }));
    say(browser, 2);
    flush(browser);
    assert_eq!(stored(&collector), [1, 2]);
    let records = collector.records(&collector.sessions()[0]);
    let lives: Vec<&Value> = records
        .iter()
        .filter(|record| record["kind"] == "lifecycle")
        .map(|record| &record["state"])
        .collect();
    assert!(lives.windows(2).any(|pair| *pair == ["freeze", "resume"]), "{lives:?}");
    assert_eq!(collector.listed()[0]["missing"], 0);
}

/// Without Web Locks nobody can say who has a batch in hands, so several tabs send the same one: the collector stores it once.
const WITHOUT_LOCKS: &str =
    "<script>Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })</script></head>";

in_every_engine! {
    fn promise_k05_three_tabs_without_locks_bring_everything_once(browser) {
        let collector = Collector::start(browser);
        let site = collector.site(&PAGE.replace("</head>", WITHOUT_LOCKS), Vec::new());
        collector.tap.set_fault(Some(Fault::Refuse(503)));
        let mut tabs = Vec::new();
        for n in 1..=3 {
            if n > 1 {
                tabs.push(browser.new_tab());
            }
            browser.go(&site.url("/"));
            record(browser);
            assert_eq!(browser.ask("return navigator.locks ?? null", json!([])), Value::Null);
            say(browser, n);
            eventually("every tab's to be kept", || left(browser)[0].as_i64().filter(|count| *count >= n));
        }
        // What the first leaves behind the others have read, too.
        let third = browser.window();
        browser.switch_to(&tabs[0]);
        browser.close_tab();
        browser.switch_to(&third);
        collector.tap.set_fault(None);
        // The others wait as long as they do after so many failures; the next page view reads all of theirs.
        browser.go(&site.url("/"));
        flush(browser);
        eventually("everything once", || (stored(&collector) == [1, 2, 3]).then_some(()));
        wait_until_nothing_is_left(browser);
        let sessions: Vec<Value> = collector.listed().iter().map(|session| session["missing"].clone()).collect();
        assert_eq!(sessions, [0], "one session without a gap");
        let mut taken = std::collections::BTreeMap::<_, usize>::new();
        for post in collector.tap.posts().iter().filter(|post| matches!(post.status, 200 | 204)) {
            let header = inflated(&post.body).0;
            *taken.entry((header.page_view, header.sequence)).or_default() += 1;
        }
        println!("{} batches in {} requests", taken.len(), taken.values().sum::<usize>());
        assert!(taken.values().all(|times| *times <= 4), "once a page view: {taken:?}");
        assert_eq!(stored(&collector), [1, 2, 3]);
    }
}

/// Chromium keeps values of more than 64 KiB apart, and hands them over when it likes. Hardly anything compresses as badly
/// as ideographs drawn by lot.
#[test]
fn promise_k05_large_batches_come_with_the_next_page_view() {
    let browser = &Browser::open(Engine::Chromium, "promise_k05_large_batches_come_with_the_next_page_view");
    let collector = Collector::start(browser);
    let site = site(&collector);
    collector.tap.set_fault(Some(Fault::Refuse(503)));
    browser.go(&site.url("/"));
    record(browser);
    browser.run(
        "for (let n = 0; n < 20000; n++) {
             const part = document.createElement('i');
             part.title = String.fromCharCode(...Array.from({ length: 30 }, () => 0x4e00 + Math.random() * 20000));
             document.body.append(part);
         }",
    );
    eventually("large batches to be kept", || left(browser)[0].as_i64().filter(|count| *count > 7));
    browser.go(&site.url("/empty"));
    collector.tap.set_fault(None);
    browser.go(&site.url("/"));
    flush(browser);
    wait_until_nothing_is_left(browser);
    let posts = collector.tap.posts();
    let large = posts.iter().filter(|post| post.status < 300 && post.body.len() > 1 << 16).count();
    assert!(large > 0, "no large batch");
}

#[test]
fn a_collector_that_does_not_answer_costs_a_request_a_minute() {
    let browser =
        &Browser::open(Engine::Chromium, "a_collector_that_does_not_answer_costs_a_request_a_minute");
    let collector = Collector::start(browser);
    let site = site(&collector);
    collector.tap.set_fault(Some(Fault::HangUp));
    browser.go(&site.url("/"));
    record(browser);
    std::thread::sleep(std::time::Duration::from_secs(5));
    let mut asked = collector.tap.posts();
    // At 0 s, after 1 and 2 s; browsers ask again by themselves when a connection they had ends, for an image several times.
    asked.dedup_by(|again, before| again.method == "GET" && again.path == before.path);
    let asked = asked.len();
    assert!((2..=6).contains(&asked), "{asked} requests in five seconds");
}

#[test]
fn what_a_page_leaves_with_is_small_things_first_within_the_browsers_budget() {
    let browser = &Browser::open(
        Engine::Chromium,
        "what_a_page_leaves_with_is_small_things_first_within_the_browsers_budget",
    );
    let collector = Collector::start(browser);
    let site = site(&collector);
    browser.go(&site.url("/"));
    flush(browser);
    let known = collector.tap.posts().len();
    // Large, not compressible, and not text: what a page looks like.
    browser.run(
        "let seed = 7;
         for (let n = 0; n < 4000; n++) {
             const part = document.createElement('i');
             seed = (seed * 48271) % 2147483647;
             part.style.cssText = `left:${seed}px;top:${(seed * 7) % 65537}px;width:${seed % 9973}px`;
             document.body.append(part);
         }
         afterimage.recorder.event('said', { n: 1 });",
    );
    browser.go(&site.url("/empty"));
    eventually("the event", || (stored(&collector) == [1]).then_some(()));
    browser.go(&site.url("/"));
    flush(browser);
    wait_until_nothing_is_left(browser);
    let posts = collector.tap.posts().split_off(known);
    let first = inflated(&posts[0].body).0.page_view;
    let mut sequences: Vec<u32> = posts
        .iter()
        .map(|post| inflated(&post.body).0)
        .filter(|header| header.page_view == first)
        .map(|header| header.sequence)
        .collect();
    sequences.sort_unstable();
    sequences.dedup();
    assert!(sequences.windows(2).all(|pair| pair[0] + 1 == pair[1]), "no gap: {sequences:?}");
    assert_eq!(
        collector.listed().iter().map(|session| session["missing"].as_i64()).collect::<Vec<_>>(),
        [Some(0)]
    );
}
