// The console: session, views, theme.
import { call, followSiteClock, openLive, siteNow, whenLoggedOut } from "./api.js";
import { byID, setState, setText, showSentence } from "./dom.js";
import { parse, ReadingStore } from "./readings.js";
import { CommandsView } from "./commands.js";
import { CommunityView } from "./community.js";
import { FaultsView } from "./faults.js";
import { FlexibilityView } from "./flexibility.js";
import { ForecastsView } from "./forecasts.js";
import { GridView } from "./grid.js";
import { LiveView } from "./live.js";
import { ServiceView } from "./service.js";
import { ServicesView } from "./services.js";
import { StoredView } from "./stored.js";

const store = new ReadingStore();
const views = {
  services: new ServicesView(), service: new ServiceView(), grid: new GridView(), forecasts: new ForecastsView(), community: new CommunityView(), faults: new FaultsView(),
  flexibility: new FlexibilityView(), commands: new CommandsView(), live: new LiveView(store),
  stored: new StoredView(store),
};
let session = null;
let closeLive = null;

/** Scripts cannot see the session's cookie: remembers whether there may be one, so that a first visit asks for none. */
function rememberSession(exists) {
  try {
    if (exists) localStorage.setItem("session", "opened");
    else localStorage.removeItem("session");
  } catch { /* A browser without storage always asks. */ }
}

function mayHaveSession() {
  try { return localStorage.getItem("session") !== null; } catch { return true; }
}

function showLogin(sentence = null) {
  session = null;
  closeLive?.();
  closeLive = null;
  for (const view of Object.values(views)) view.stop();
  views.live.leave();
  byID("console").hidden = true;
  byID("login").hidden = false;
  showSentence(byID("login-error"), sentence);
  byID("login-password").value = "";
  byID(byID("login-user").value ? "login-password" : "login-user").focus();
}

function showConsole(who) {
  session = who;
  rememberSession(true);
  byID("login").hidden = true;
  byID("console").hidden = false;
  setText(byID("session-user"), `${who.user} · ${who.role}`);
  closeLive?.();
  closeLive = openLive({
    onMessage: (event) => { for (const reading of parse(event)) store.add(reading); },
    onState: (state) => {
      setState(byID("link-state"), state === "open" ? "good" : "bad", state === "open" ? "Connected" : "Connection lost");
    },
  });
  views.live.follow();
  followSiteClock().then(showSiteTime, () => {});
  showView();
}

let siteTimeTimer = 0;

/** Where the site goes by a time of its own, it stands beside the user: who looks at a rehearsal is to know. */
function showSiteTime(speed) {
  clearInterval(siteTimeTimer);
  const shown = byID("site-time");
  const isOwn = speed !== 1 || Math.abs(siteNow() - Date.now()) > 3_600_000;
  shown.hidden = !isOwn;
  if (!isOwn) return;
  const show = () => setText(shown, `Rehearsal · ${new Date(siteNow()).toISOString().slice(0, 16).replace("T", " ")} UTC · ${speed}×`);
  show();
  siteTimeTimer = setInterval(show, 500);
}

/** Views that are shown under the tab of another one. */
const tabs = { service: "services" };

/** The view that the address names, with what it is about: `#service/flisr`. Null for fragments that choose no view. */
function route() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  if (location.hash === "") return { name: "services", subject: "" };
  if (!Object.hasOwn(views, name)) return null;
  try { return { name, subject: decodeURIComponent(rest.join("/")) }; } catch { return { name, subject: "" }; }
}

function showView() {
  if (!session) return;
  const { name: current, subject } = route() ?? { name: "services", subject: "" };
  for (const [name, view] of Object.entries(views)) {
    const isCurrent = name === current;
    byID(`view-${name}`).hidden = !isCurrent;
    if (isCurrent) view.start(session.role, subject);
    else view.stop();
    const tab = byID(`nav-${name}`);
    if (!tab) continue;
    if ((tabs[current] ?? current) === name) tab.setAttribute("aria-current", isCurrent ? "page" : "true");
    else tab.removeAttribute("aria-current");
  }
  window.scrollTo(0, 0);
  document.title = `${byID(`title-${current}`).textContent} – DSO Technical Platform`;
}

async function logIn(event) {
  event.preventDefault();
  const button = byID("login-submit");
  button.disabled = true;
  try {
    const opened = await call("POST", "/api/login", {
      json: { user: byID("login-user").value, password: byID("login-password").value },
    });
    byID("login-password").value = "";
    showSentence(byID("login-error"), null);
    showConsole({ user: opened.user, role: opened.role });
  } catch (refusal) {
    showSentence(byID("login-error"), refusal.message);
    byID("login-password").select();
  } finally {
    button.disabled = false;
  }
}

async function logOut() {
  try { await call("POST", "/api/logout"); } catch { /* The session has ended already. */ }
  rememberSession(false);
  showLogin();
}

const themes = ["auto", "dark", "light"];
const systemIsLight = matchMedia("(prefers-color-scheme: light)");
let theme = "auto";

function applyTheme() {
  const isLight = theme === "light" || (theme === "auto" && systemIsLight.matches);
  document.documentElement.dataset.theme = isLight ? "light" : "dark";
  setText(byID("theme"), `Theme: ${theme}`);
  views.live.recolour();
  views.stored.recolour();
  views.forecasts.recolour();
  views.community.recolour();
}

function nextTheme() {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  try { localStorage.setItem("theme", theme); } catch { /* A browser without storage forgets the choice. */ }
  applyTheme();
}

try { theme = themes.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto"; } catch { /* As above. */ }
systemIsLight.addEventListener("change", applyTheme);
applyTheme();
byID("theme").addEventListener("click", nextTheme);
byID("login-form").addEventListener("submit", logIn);
byID("logout").addEventListener("click", logOut);
// Other fragments, such as that of "Skip to content", choose no view.
window.addEventListener("hashchange", () => { if (route()) showView(); });
whenLoggedOut(() => {
  if (!session) return;
  rememberSession(false);
  showLogin("The session has ended. Log in again.");
});

async function enter() {
  if (!mayHaveSession()) return showLogin();
  try {
    showConsole(await call("GET", "/api/session"));
  } catch (refusal) {
    if (refusal.status === 401) rememberSession(false);
    showLogin(refusal.status === 401 ? null : refusal.message);
  }
}

await enter();
