import "./style/theme.css";
import "./style/page.css";
import { mount } from "svelte";
import App from "./app.svelte";

const target = document.getElementById("lab");
if (target === null) throw new Error("lab: the page has no place to draw in");
mount(App, { target });
