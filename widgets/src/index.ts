/** The loader: all that a shop's page fetches until a slot comes near the viewport. */
import { define } from "./base.js";

define();
