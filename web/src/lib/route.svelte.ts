// Which page is open: what stands after the # of the address, such as #/plan or #/shared/abc.
export const route = $state({ page: "workbench", rest: "" });

export function read(): void {
  const [page = "", rest = ""] = location.hash.replace(/^#\/?/, "").split("/");
  route.page = page || "workbench";
  route.rest = rest;
}

export function go(page: string): void {
  location.hash = page === "workbench" ? "#/" : `#/${page}`;
}
