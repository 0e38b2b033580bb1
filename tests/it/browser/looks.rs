//! Dark and light, narrow and large, still: what the system asks for is what the page looks like.

use serde_json::json;

use super::browse;
use super::page::Page;
use super::pixels::{Picture, luminance};

/// Of normal text (WCAG 2.2, 1.4.3).
const LEAST_CONTRAST: f64 = 4.5;
/// A phone.
const PHONE: (u32, u32) = (390, 844);
/// Two hundred per cent of a window of 1280 by 800: half as many pixels, twice as large.
const ZOOMED: (u32, u32) = (640, 400);

/// Every view, once there is a session of number 1.
pub const VIEWS: [&str; 6] = ["#/", "#/s/1", "#/sessions", "#/r/1", "#/progress", "#/trainer"];

impl Page {
    /// A session with two exchanges to look at.
    pub fn furnished(&self) {
        self.begin("ray");
        self.exchange(1, "You need to stop drinking. You don't want to be here.");
        self.exchange(2, "Part of you says it's just beer, and part of you isn't so sure.");
    }

    /// Goes to a view and waits until it is there.
    pub fn visit(&self, view: &str) {
        self.view(view);
        let there = match view {
            "#/" => "[data-testid^=client-card]",
            "#/s/1" => "[data-testid=client-2]",
            "#/sessions" => "[data-testid=session-1]",
            "#/r/1" => "[data-testid=report] svg",
            "#/progress" => "[data-testid=progress]",
            _ => "main :is(h1, h2)",
        };
        self.until(&format!("document.querySelector('{there}')?.checkVisibility()"));
        self.until("document.querySelectorAll('[aria-busy=true]').length === 0");
    }

    fn picture(&self) -> Picture {
        Picture::of_png(&self.screenshot())
    }

    fn picture_of(&self, name: &str) -> Picture {
        Picture::of_png(&self.shown(name).screenshot())
    }

    /// What stands out to the right of the window, by its names.
    fn sticks_out(&self) -> serde_json::Value {
        let script = "
            const root = document.scrollingElement;
            if (root.scrollWidth <= root.clientWidth) return [];
            return [...document.querySelectorAll('body *')]
                .filter(e => e.getBoundingClientRect().right > root.clientWidth + 1)
                .map(e => e.tagName + '.' + e.className + '#' + (e.dataset.testid ?? ''))
                .concat(root.scrollWidth + ' > ' + root.clientWidth);";
        self.js(script, &[])
    }
}

#[test]
fn the_page_is_dark_where_the_system_is() {
    browse(|page| {
        page.system(&[("prefers-color-scheme", "dark")]);
        page.furnished();
        let ground = page.picture().ground();
        assert!(luminance(ground) < 0.05, "{ground:?} is not dark");
        for name in ["client-1", "trainee-1", "feedback-1"] {
            let contrast = page.picture_of(name).contrast();
            assert!(contrast >= LEAST_CONTRAST, "{name}: {contrast:.1} in the dark");
        }
        page.system(&[("prefers-color-scheme", "light")]);
        let ground = page.picture().ground();
        assert!(luminance(ground) > 0.7, "{ground:?} is not light");
        for name in ["client-1", "trainee-1", "feedback-1"] {
            let contrast = page.picture_of(name).contrast();
            assert!(contrast >= LEAST_CONTRAST, "{name}: {contrast:.1} in the light");
        }
    });
}

#[test]
fn the_switch_outlives_a_reload() {
    browse(|page| {
        page.system(&[("prefers-color-scheme", "light")]);
        page.shown("client-card-ray");
        page.choose_theme("dark");
        assert!(luminance(page.picture().ground()) < 0.05);
        page.reload();
        page.shown("client-card-ray");
        assert!(luminance(page.picture().ground()) < 0.05, "the choice is kept");
    });
}

#[test]
fn nothing_sticks_out_on_a_phone_or_magnified() {
    browse(|page| {
        page.furnished();
        for (size, scale) in [(PHONE, 2), (ZOOMED, 2)] {
            page.resize(size, scale);
            for view in VIEWS {
                page.visit(view);
                assert_eq!(page.sticks_out(), json!([]), "{view} at {size:?}");
            }
            page.visit("#/s/1");
            page.shown("composer");
            let inside = "(r => r.left >= 0 && r.right <= innerWidth)\
                          (document.querySelector('[data-testid=composer]').getBoundingClientRect())";
            assert_eq!(page.js(&format!("return {inside}"), &[]), true, "the composer at {size:?}");
        }
        page.say("Go on.");
        page.answered(3);
    });
}

#[test]
fn nothing_moves_where_motion_is_unwanted() {
    browse(|page| {
        page.system(&[("prefers-reduced-motion", "reduce")]);
        page.furnished();
        let moving = "
            const ms = times => Math.max(...times.split(',').map(t => parseFloat(t) * (t.endsWith('ms') ? 1 : 1000)));
            return [...document.querySelectorAll('*')].filter(e => {
                const s = getComputedStyle(e);
                return (s.animationName !== 'none' && ms(s.animationDuration) > 10)
                    || ms(s.transitionDuration) > 10 || s.scrollBehavior === 'smooth';
            }).map(e => e.tagName + '.' + e.className);";
        for view in VIEWS {
            page.visit(view);
            assert_eq!(page.js(moving, &[]), json!([]), "{view}");
        }
    });
}
