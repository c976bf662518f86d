import { namespacesConformance } from "../conformance.ts";
import { openTestNamespaces } from "./store/test-namespaces.ts";

namespacesConformance("store", { open: openTestNamespaces });
